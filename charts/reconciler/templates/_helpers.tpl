{{/* Names */}}
{{- define "reconciler.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{/* 52 characters: a StatefulSet's pods carry a hash of up to 11 more in a label */}}
{{- define "reconciler.fullname" -}}
{{- $name := include "reconciler.name" . -}}
{{- $full := contains $name .Release.Name | ternary .Release.Name (printf "%s-%s" .Release.Name $name) -}}
{{- default $full .Values.fullnameOverride | trunc 52 | trimSuffix "-" -}}
{{- end }}

{{- define "reconciler.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end }}

{{- define "reconciler.chart" -}}
{{- printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" -}}
{{- end }}

{{- define "reconciler.serviceAccountName" -}}
{{- .Values.serviceAccount.create | ternary (default (include "reconciler.fullname" .) .Values.serviceAccount.name) (default "default" .Values.serviceAccount.name) -}}
{{- end }}

{{- define "reconciler.leaseName" -}}
{{- default (include "reconciler.fullname" .) .Values.leaderElection.leaseName -}}
{{- end }}

{{- define "reconciler.overridesName" -}}
{{- default (print (include "reconciler.fullname" .) "-overrides") .Values.overrides.configMapName -}}
{{- end }}

{{- define "reconciler.image" -}}
{{- with .Values.image -}}
{{- .repository }}{{ if .digest }}@{{ .digest }}{{ else }}:{{ default $.Chart.AppVersion .tag }}{{ end -}}
{{- end -}}
{{- end }}

{{/* Labels: the selector's never change, those of all objects may */}}
{{- define "reconciler.selectorLabels" -}}
app.kubernetes.io/name: {{ include "reconciler.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "reconciler.labels" -}}
{{- $own := include "reconciler.commonLabels" . | fromYaml -}}
{{- toYaml (merge (include "reconciler.selectorLabels" . | fromYaml) $own) -}}
{{- end }}

{{/* Without the selector's: for objects that no selector may catch, such as the pod of the test */}}
{{- define "reconciler.commonLabels" -}}
{{- $own := dict "helm.sh/chart" (include "reconciler.chart" .) "app.kubernetes.io/version" .Chart.AppVersion "app.kubernetes.io/managed-by" .Release.Service "app.kubernetes.io/part-of" "reconciler" -}}
{{- toYaml (merge $own .Values.commonLabels) -}}
{{- end }}

{{- define "reconciler.metadata" -}}
name: {{ include "reconciler.fullname" . }}
namespace: {{ include "reconciler.namespace" . }}
labels:
  {{- include "reconciler.labels" . | nindent 2 }}
{{- end }}

{{/* Facts that several objects need; empty is no */}}
{{- define "reconciler.sharded" -}}
{{- if gt (int .Values.sharding.count) 1 }}yes{{ end -}}
{{- end }}

{{- define "reconciler.workload" -}}
{{- if include "reconciler.sharded" . }}StatefulSet{{ else }}Deployment{{ end -}}
{{- end }}

{{- define "reconciler.pods" -}}
{{- max (int .Values.sharding.count) (int .Values.replicaCount) -}}
{{- end }}

{{- define "reconciler.kubernetesApi" -}}
{{- if or .Values.leaderElection.enabled .Values.kubernetesEvents.enabled .Values.overrides.enabled }}yes{{ end -}}
{{- end }}

{{- define "reconciler.gitBySsh" -}}
{{- with .Values.source.git }}{{ if and .url (not (hasPrefix "https://" .url)) }}yes{{ end }}{{ end -}}
{{- end }}

{{/* What the ConfigMap holds, as YAML; empty if there is no need for it */}}
{{- define "reconciler.config" -}}
{{- $data := dict -}}
{{- with .Values.source.git.allowedSigners }}{{ $_ := set $data "allowed_signers" . }}{{ end -}}
{{- with .Values.notifications.config }}{{ $_ := set $data "notify.yaml" (toYaml .) }}{{ end -}}
{{- if $data }}{{ toYaml $data }}{{ end -}}
{{- end }}

{{/* The seconds of a duration such as 5m */}}
{{- define "reconciler.seconds" -}}
{{- $unit := dict "s" 1 "m" 60 "h" 3600 -}}
{{- mul (trimSuffix (last (splitList "" .)) . | int) (get $unit (last (splitList "" .))) -}}
{{- end }}

{{/* The pod of `helm test` has the release's labels, but not those that select the controller */}}
{{- define "reconciler.testLabels" -}}
app.kubernetes.io/name: {{ include "reconciler.name" . | quote }}
app.kubernetes.io/instance: {{ .Release.Name | quote }}
app.kubernetes.io/component: test
{{- end }}
