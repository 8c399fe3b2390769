{{/*
The alerts, on the metrics of controller/loop/catalogue.py. `max by` forgets which pod said it: a new leader goes on
where the old one stopped.
*/}}
{{- define "reconciler.alerts" -}}
{{- $of := printf "job=%q, namespace=%q" (include "reconciler.fullname" .) (include "reconciler.namespace" .) -}}
{{- $interval := include "reconciler.seconds" .Values.interval -}}
- alert: ReconcilerNoLeader
  expr: (sum(reconciler_leader{ {{- $of -}} }) or vector(0)) < {{ .Values.sharding.count }}
  for: 2m
  labels: {severity: critical}
  annotations:
    summary: Nothing reconciles {{ .Values.sharding.count | int | eq 1 | ternary "API Gateway" "some shards of API Gateway" }}
    description: 'Only {{`{{ $value }}`}} of {{ .Values.sharding.count }} leaders report. The pods are down or not scraped, or none gets the Lease; see their logs.'
- alert: ReconcilerNoSuccess
  expr: |-
    time() - max by (api, target) (reconciler_api_last_success_timestamp_seconds{ {{- $of -}} }) > 3 * {{ $interval }}
    unless on (api, target) max by (api, target) (reconciler_suspended{ {{- $of -}} }) == 1
    {{- if eq .Values.mode "observe" }}
    unless on (api, target) max by (api, target) (reconciler_drift_fields{ {{- $of -}} }) > 0
    {{- end }}
  for: 1m
  labels: {severity: warning}
  annotations:
    summary: '{{`{{ $labels.api }}`}} is not reconciled in {{`{{ $labels.target }}`}}'
    description: 'The last success was {{`{{ $value | humanizeDuration }}`}} ago, more than three intervals of {{ .Values.interval }}.'
- alert: ReconcilerDrift
  expr: |-
    time() - max by (api, target) (reconciler_drift_since_timestamp_seconds{ {{- $of -}} }) > 3600
    and on (api, target) max by (api, target) (reconciler_drift_fields{ {{- $of -}} }) > 0
    unless on (api, target) max by (api, target) (reconciler_suspended{ {{- $of -}} }) == 1
  labels: {severity: warning}
  annotations:
    summary: '{{`{{ $labels.api }}`}} differs from its spec in {{`{{ $labels.target }}`}}'
    description: 'It has done so for {{`{{ $value | humanizeDuration }}`}}. Someone changed it otherwise, or the controller only observes.'
- alert: ReconcilerErrors
  expr: |-
    sum by (target) (rate(reconciler_reconcile_total{ {{- $of }}, result=~"failure|invalid"}[15m]))
    / sum by (target) (rate(reconciler_reconcile_total{ {{- $of -}} }[15m])) > 0.2
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: 'Reconciling fails in {{`{{ $labels.target }}`}}'
    description: '{{`{{ $value | humanizePercentage }}`}} of the passes of the last 15 minutes ended with an error.'
- alert: ReconcilerThrottled
  expr: |-
    sum(rate(reconciler_aws_throttles_total{ {{- $of -}} }[15m]))
    / sum(rate(reconciler_aws_requests_total{ {{- $of -}} }[15m])) > 0.05
  for: 15m
  labels: {severity: warning}
  annotations:
    summary: AWS throttles the controller
    description: '{{`{{ $value | humanizePercentage }}`}} of its calls were throttled: something else uses the quotas of the account too. A lower quotaShare leaves more to it.'
- alert: ReconcilerSourceFetchFails
  expr: |-
    sum by (source) (increase(reconciler_git_fetch_total{ {{- $of }}, result="error"}[15m])) > 0
    unless on (source) sum by (source) (increase(reconciler_git_fetch_total{ {{- $of }}, result="success"}[15m])) > 0
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: 'The specs cannot be fetched from {{`{{ $labels.source }}`}}'
    description: 'No fetch went well for 15 minutes. What was fetched last stays in force.'
- alert: ReconcilerSourceNotVerified
  expr: sum(increase(reconciler_source_verify_failures_total{ {{- $of -}} }[15m])) > 0
  labels: {severity: critical}
  annotations:
    summary: A commit without a valid signature was refused
    description: 'Nobody in allowedSigners signed it. Either a signer is missing there, or someone pushed who must not.'
- alert: ReconcilerSuspended
  expr: max by (api, target) (reconciler_suspended{ {{- $of -}} }) == 1
  for: 24h
  labels: {severity: info}
  annotations:
    summary: '{{`{{ $labels.api }}`}} has been suspended for a day in {{`{{ $labels.target }}`}}'
    description: 'Its spec or an operator says so, and it is not changed until that ends.'
- alert: ReconcilerStuck
  expr: max(workqueue_longest_running_processor_seconds{ {{- $of }}, name="api"}) > 1800
  for: 5m
  labels: {severity: warning}
  annotations:
    summary: An API is being worked on without an end
    description: 'For {{`{{ $value | humanizeDuration }}`}} now. The log says at which call it is.'
{{- end }}
