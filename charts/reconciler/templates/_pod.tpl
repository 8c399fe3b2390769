{{/* The pod, the same in a Deployment and a StatefulSet */}}
{{- define "reconciler.pod" -}}
metadata:
  labels:
    {{- /* Without the chart's version, which alone is no reason for new pods */}}
    {{- toYaml (merge (include "reconciler.selectorLabels" . | fromYaml) .Values.podLabels .Values.commonLabels) | nindent 4 }}
  {{- $config := include "reconciler.config" . }}
  {{- $annotations := dict }}
  {{- with $config }}{{ $_ := set $annotations "checksum/config" (sha256sum .) }}{{ end }}
  {{- with merge $annotations .Values.podAnnotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  serviceAccountName: {{ include "reconciler.serviceAccountName" . }}
  automountServiceAccountToken: {{ include "reconciler.kubernetesApi" . | eq "yes" }}
  enableServiceLinks: false
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with concat .Values.global.imagePullSecrets .Values.imagePullSecrets }}
  imagePullSecrets:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  securityContext:
    {{- toYaml .Values.podSecurityContext | nindent 4 }}
  {{- with .Values.initContainers }}
  initContainers:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  containers:
    - name: reconciler
      image: {{ include "reconciler.image" . | quote }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args:
        {{- include "reconciler.arguments" . | nindent 8 }}
      env:
        {{- include "reconciler.environment" . | nindent 8 }}
      {{- $sources := .Values.envFrom }}
      {{- with .Values.aws.existingSecret }}
      {{- $sources = prepend $sources (dict "secretRef" (dict "name" .)) }}
      {{- end }}
      {{- with $sources }}
      envFrom:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      ports:
        - {name: http, containerPort: {{ .Values.ports.http }}, protocol: TCP}
        {{- if .Values.metrics.enabled }}
        - {name: metrics, containerPort: {{ .Values.ports.metrics }}, protocol: TCP}
        {{- end }}
        {{- if .Values.webhook.enabled }}
        - {name: webhook, containerPort: {{ .Values.ports.webhook }}, protocol: TCP}
        {{- end }}
      {{- range $probe, $path := dict "startup" "/livez" "liveness" "/livez" "readiness" "/readyz" }}
      {{ $probe }}Probe:
        httpGet: {path: {{ $path }}, port: http}
        {{- toYaml (get $.Values.probes $probe) | nindent 8 }}
      {{- end }}
      resources:
        {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        {{- toYaml .Values.securityContext | nindent 8 }}
      volumeMounts:
        {{- include "reconciler.mounts" . | nindent 8 }}
    {{- with .Values.extraContainers }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  volumes:
    {{- include "reconciler.volumes" . | nindent 4 }}
  {{- with .Values.nodeSelector }}
  nodeSelector:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  topologySpreadConstraints:
    {{- if .Values.topologySpreadConstraints }}
    {{- toYaml .Values.topologySpreadConstraints | nindent 4 }}
    {{- else }}
    {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
    - topologyKey: {{ . }}
      maxSkew: 1
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels:
          {{- include "reconciler.selectorLabels" $ | nindent 10 }}
    {{- end }}
    {{- end }}
{{- end }}

{{- define "reconciler.environment" -}}
- name: POD_NAME
  valueFrom: {fieldRef: {fieldPath: metadata.name}}
- name: POD_NAMESPACE
  valueFrom: {fieldRef: {fieldPath: metadata.namespace}}
- name: POD_UID
  valueFrom: {fieldRef: {fieldPath: metadata.uid}}
{{- if include "reconciler.sharded" . }}
- name: SHARD_INDEX
  valueFrom: {fieldRef: {fieldPath: "metadata.labels['apps.kubernetes.io/pod-index']"}}
{{- end }}
{{- if .Values.overrides.enabled }}
{{- /* Not an option, so that `kubectl exec … reconcile suspend` has it too */}}
- name: RECONCILE_OVERRIDES
  value: {{ include "reconciler.overridesName" . | quote }}
{{- end }}
{{- with .Values.aws.region }}
- name: AWS_REGION
  value: {{ . | quote }}
{{- end }}
{{- with .Values.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "reconciler.mounts" -}}
- {name: tmp, mountPath: /tmp}
{{- range include "reconciler.files" . | fromYamlArray }}
- {name: {{ .name }}, mountPath: /etc/reconciler/{{ .name }}, readOnly: true}
{{- end }}
{{- with .Values.source.directory }}
{{- if .volume }}
- {name: specs, mountPath: {{ .path | quote }}, readOnly: true}
{{- end }}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "reconciler.volumes" -}}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmpSizeLimit }}}
{{- with include "reconciler.files" . | fromYamlArray }}
{{ toYaml . }}
{{- end }}
{{- with .Values.source.directory.volume }}
- {{ toYaml (merge (dict "name" "specs") .) | nindent 2 | trim }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Volumes whose name is their folder in /etc/reconciler. Files are read again when they change: nothing is mounted by subPath. */}}
{{- define "reconciler.files" -}}
{{- if include "reconciler.config" . }}
- name: config
  configMap: {name: {{ include "reconciler.fullname" . }}}
{{- end }}
{{- with .Values.notifications }}
{{- if .existingSecret }}
- name: notify
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items: [{key: {{ .key }}, path: notify.yaml}]
{{- end }}
{{- end }}
{{- with .Values.snapshots }}
{{- if .destination }}
- name: snapshots
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 0440
    items: [{key: {{ .key }}, path: key.pem}]
{{- end }}
{{- end }}
{{- with .Values.source.git }}
{{- if or .ssh.existingSecret .token.existingSecret .githubApp.existingSecret }}
- name: git
  projected:
    defaultMode: 0440
    sources:
      {{- if .ssh.existingSecret }}
      - secret: {name: {{ .ssh.existingSecret }}, items: [{key: {{ .ssh.keyKey }}, path: ssh-key}, {key: {{ .ssh.knownHostsKey }}, path: known_hosts}]}
      {{- end }}
      {{- if .token.existingSecret }}
      - secret: {name: {{ .token.existingSecret }}, items: [{key: {{ .token.key }}, path: token}]}
      {{- end }}
      {{- if .githubApp.existingSecret }}
      - secret: {name: {{ .githubApp.existingSecret }}, items: [{key: {{ .githubApp.key }}, path: github-app.pem}]}
      {{- end }}
{{- end }}
{{- end }}
{{- if .Values.webhook.enabled }}
- name: webhook
  projected:
    defaultMode: 0440
    sources:
      {{- range $index, $secret := .Values.webhook.existingSecrets }}
      - secret: {name: {{ $secret.name }}, items: [{key: {{ $secret.key }}, path: "{{ $index }}"}]}
      {{- end }}
{{- end }}
{{- end }}
