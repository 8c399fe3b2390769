{{/* The command line. Each argument is one word with its value, so no value can pass for another option. */}}
{{- define "reconciler.arguments" -}}
- run
{{- with .Values.source.git }}
{{- if .url }}
- {{ print "--git=" .url | quote }}
- {{ print "--ref=" .ref | quote }}
- {{ print "--git-interval=" .interval | quote }}
{{- with .path }}
- {{ print "--path=" . | quote }}
{{- end }}
{{- if .ssh.existingSecret }}
- --git-ssh-key=/etc/reconciler/git/ssh-key
- --git-known-hosts=/etc/reconciler/git/known_hosts
{{- end }}
{{- if .token.existingSecret }}
- --git-token-file=/etc/reconciler/git/token
{{- end }}
{{- if .githubApp.existingSecret }}
- {{ print "--git-github-app-id=" .githubApp.id | quote }}
- {{ print "--git-github-app-installation-id=" .githubApp.installationId | quote }}
- --git-github-app-key=/etc/reconciler/git/github-app.pem
{{- end }}
{{- if .allowedSigners }}
- --git-allowed-signers=/etc/reconciler/config/allowed_signers
{{- end }}
{{- end }}
{{- end }}
{{- with .Values.source.directory.path }}
- {{ print "--directory=" . | quote }}
{{- end }}
{{- if eq .Values.mode "observe" }}
- --observe
{{- end }}
{{- range .Values.targets }}
- {{ print "--target=" . | quote }}
{{- end }}
- {{ print "--interval=" .Values.interval | quote }}
{{- with .Values.parallelism }}
- {{ print "--parallelism=" (int .) | quote }}
{{- end }}
{{- if kindIs "bool" .Values.prune }}
- {{ .Values.prune | ternary "--prune" "--no-prune" }}
{{- end }}
- {{ print "--quota-share=" .Values.quotaShare | quote }}
- {{ print "--http=0.0.0.0:" (int .Values.ports.http) | quote }}
{{- if .Values.metrics.enabled }}
- {{ print "--metrics=0.0.0.0:" (int .Values.ports.metrics) | quote }}
{{- else }}
- --metrics=
{{- end }}
{{- if .Values.webhook.enabled }}
- {{ print "--webhook=0.0.0.0:" (int .Values.ports.webhook) | quote }}
{{- range $index, $_ := .Values.webhook.existingSecrets }}
- {{ print "--webhook-secret-file=/etc/reconciler/webhook/" $index | quote }}
{{- end }}
{{- end }}
{{- with .Values.eventsQueue }}
- {{ print "--events-queue=" . | quote }}
{{- end }}
{{- if .Values.leaderElection.enabled }}
- {{ print "--lease=" (include "reconciler.leaseName" .) | quote }}
- {{ print "--lease-duration=" .Values.leaderElection.duration | quote }}
- {{ print "--lease-renew=" .Values.leaderElection.renew | quote }}
- {{ print "--lease-retry=" .Values.leaderElection.retry | quote }}
{{- end }}
{{- if include "reconciler.sharded" . }}
- {{ print "--shard-count=" (int .Values.sharding.count) | quote }}
{{- /* Empty before Kubernetes 1.28, and then refused: better than that all are shard 0 */}}
- --shard-index=$(SHARD_INDEX)
{{- end }}
- {{ .Values.kubernetesEvents.enabled | ternary "--kube-events" "--no-kube-events" }}
{{- if .Values.notifications.existingSecret }}
- --notify=/etc/reconciler/notify/notify.yaml
{{- else if .Values.notifications.config }}
- --notify=/etc/reconciler/config/notify.yaml
{{- end }}
{{- with .Values.snapshots }}
{{- if .destination }}
- {{ print "--publish-snapshot=" .destination | quote }}
- --snapshot-key=/etc/reconciler/snapshots/key.pem
- {{ print "--publish-interval=" .interval | quote }}
{{- end }}
{{- end }}
- {{ print "--log-level=" .Values.log.level | quote }}
- {{ print "--log-format=" .Values.log.format | quote }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end }}
