{{/* Names and labels, the settings as zonegate.yaml, the rights, and the image. */}}

{{- define "zonegate.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "zonegate.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- $name := include "zonegate.name" . -}}
{{- $whole := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- /* The Service of the ops port puts a word behind it. */ -}}
{{- $whole | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Roles of the cluster are called so: two releases of one name in two namespaces must not share one. */}}
{{- define "zonegate.clusterName" -}}
{{- printf "%s-%s" .Release.Namespace (include "zonegate.fullname" .) -}}
{{- end -}}

{{- define "zonegate.selectorLabels" -}}
app.kubernetes.io/name: {{ include "zonegate.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "zonegate.labels" -}}
{{ include "zonegate.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{- end -}}

{{- define "zonegate.serviceAccount" -}}
{{- default (ternary (include "zonegate.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "zonegate.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .repository }}@{{ .digest }}
{{- else -}}
{{ .repository }}:{{ default $.Chart.AppVersion .tag }}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* zonegate.yaml. What the chart decides itself is refused in `settings` by values.schema.json. */}}
{{- define "zonegate.config" -}}
{{- $config := deepCopy .Values.settings -}}
{{- $views := list -}}
{{- range .Values.views -}}{{- $views = append $views (omit . "service") -}}{{- end -}}
{{- $own := dict
  "version" 1
  "mode" "resolver"
  "zones" .Values.zones
  "records" .Values.records
  "views" $views
  "sources" (dict "kinds" .Values.sources)
  "kubernetes" (dict "enabled" true "namespaces" .Values.namespaces)
  "dns" (dict "port" 1053)
  "ops" (dict "port" 8080)
  "data" (dict "dir" "/data")
  "shutdown" (dict "lameDuckSeconds" .Values.lameDuckSeconds)
-}}
{{- toYaml (mergeOverwrite $config $own) -}}
{{- end -}}

{{/* Rules of a role, from files/rights.yaml: dict root, and scopes, a list of "namespace" and "cluster". */}}
{{- define "zonegate.rules" -}}
{{- $table := .root.Files.Get "files/rights.yaml" | fromYaml -}}
{{- $scopes := .scopes -}}
{{- $groups := dict -}}
{{- range $source := .root.Values.sources -}}
{{- range $name := default (list $source) (get $table.groups $source) -}}
{{- range get $table.sources $name -}}
{{- if has .scope $scopes -}}
{{- $_ := set $groups .apiGroup (append (default list (get $groups .apiGroup)) .resource) -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range $group := keys $groups | sortAlpha }}
- apiGroups: [{{ $group | quote }}]
  resources: [{{ get $groups $group | uniq | sortAlpha | join ", " }}]
  verbs: [{{ $table.verbs | join ", " }}]
{{- end -}}
{{- if has "cluster" $scopes }}
{{- with $table.identity }}
- apiGroups: [{{ .apiGroup | quote }}]
  resources: [{{ .resource }}]
  resourceNames: [{{ .resourceNames | join ", " }}]
  verbs: [{{ .verbs | join ", " }}]
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A Service for DNS: dict root, name, settings (as values.service), port (of the pod). */}}
{{- define "zonegate.dnsService" -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "zonegate.labels" .root | nindent 4 }}
  {{- with .settings.annotations }}
  annotations:
    {{- toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .settings.type }}
  {{- with .settings.clusterIP }}
  clusterIP: {{ . | quote }}
  {{- end }}
  {{- if eq .settings.type "LoadBalancer" }}
  {{- with .settings.loadBalancerClass }}
  loadBalancerClass: {{ . }}
  {{- end }}
  {{- end }}
  {{- if ne .settings.type "ClusterIP" }}
  externalTrafficPolicy: {{ .settings.externalTrafficPolicy }}
  {{- end }}
  {{- with .settings.ipFamilyPolicy }}
  ipFamilyPolicy: {{ . }}
  {{- end }}
  {{- with .settings.ipFamilies }}
  ipFamilies: {{ toJson . }}
  {{- end }}
  ports:
    {{- range $protocol := list "UDP" "TCP" }}
    - name: dns-{{ lower $protocol }}
      port: 53
      targetPort: {{ $.port }}
      protocol: {{ $protocol }}
      {{- if and $.settings.nodePort (ne $.settings.type "ClusterIP") }}
      nodePort: {{ $.settings.nodePort }}
      {{- end }}
    {{- end }}
  selector:
    {{- include "zonegate.selectorLabels" .root | nindent 4 }}
{{- end -}}
