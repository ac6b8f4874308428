"""How the agent comes onto hosts: a text each, to be kept with what builds the hosts.

None holds a token: user data can be read by everything on an instance and by whoever may describe it, so a token comes
from a secret store, by the instance's own role, at first boot.
"""

from __future__ import annotations

from string import Template

CLOUD_INIT = Template("""\
#cloud-config
# The instance's role needs ssm:GetParameter on the token's parameter; the files come from a place you keep.
write_files:
  - path: /usr/local/sbin/nephoscope-agent-first-boot
    permissions: "0700"
    content: |
      #!/bin/sh
      set -eu
      umask 077
      work=$$(mktemp -d)
      trap 'rm -rf "$$work"' EXIT
      curl -fsS --proto '=https' -o "$$work/install.sh" $files/install.sh
      echo "$script_sha256  $$work/install.sh" | sha256sum -c -
      aws ssm get-parameter --name $parameter --with-decryption --query Parameter.Value --output text > "$$work/token"
      sh "$$work/install.sh" --from $files/nephoscope-agent.pyz --server $server --token-file "$$work/token"
runcmd:
  - [/usr/local/sbin/nephoscope-agent-first-boot]
""")

TERRAFORM = Template("""\
variable "nephoscope_token_parameter" {
  type    = string
  default = "$parameter"
}

data "aws_ssm_parameter" "nephoscope_token" {
  name            = var.nephoscope_token_parameter
  with_decryption = false
}

data "aws_iam_policy_document" "nephoscope_agent" {
  statement {
    actions   = ["ssm:GetParameter"]
    resources = [data.aws_ssm_parameter.nephoscope_token.arn]
  }
}

resource "aws_iam_policy" "nephoscope_agent" {
  name   = "nephoscope-agent-enrol"
  policy = data.aws_iam_policy_document.nephoscope_agent.json
}

# `nephoscope agent snippets cloud-init > nephoscope-agent.yaml`, beside this file
output "nephoscope_user_data" {
  value = file("$${path.module}/nephoscope-agent.yaml")
}
""")

SSM = Template("""\
schemaVersion: "2.2"
description: Installs the Nephoscope agent and heals it; an association on tags runs it again and again.
mainSteps:
  - action: aws:runShellScript
    name: install
    precondition:
      StringEquals: [platformType, Linux]
    inputs:
      timeoutSeconds: "600"
      runCommand:
        - set -eu; umask 077; work=$$(mktemp -d); trap 'rm -rf "$$work"' EXIT
        - curl -fsS --proto '=https' -o "$$work/install.sh" $files/install.sh
        - echo "$script_sha256  $$work/install.sh" | sha256sum -c -
        - aws ssm get-parameter --name $parameter --with-decryption
          --query Parameter.Value --output text > "$$work/token"
        - sh "$$work/install.sh" --from $files/nephoscope-agent.pyz --server $server --token-file "$$work/token"
""")

ANSIBLE = Template("""\
- name: Nephoscope agent
  hosts: all
  become: true
  vars:
    nephoscope_token: "{{ lookup('env', 'NEPHOSCOPE_TOKEN') }}"
  tasks:
    - name: Fetch the installer
      ansible.builtin.get_url:
        url: $files/install.sh
        dest: /usr/local/sbin/nephoscope-agent-install
        checksum: sha256:$script_sha256
        mode: "0700"
    - name: Write the token for this run
      ansible.builtin.copy:
        content: "{{ nephoscope_token }}"
        dest: /run/nephoscope-agent-token
        mode: "0600"
      no_log: true
      changed_when: false
    - name: Install and enrol
      ansible.builtin.command:
        argv:
          - /usr/local/sbin/nephoscope-agent-install
          - --from
          - $files/nephoscope-agent.pyz
          - --server
          - $server
          - --token-file
          - /run/nephoscope-agent-token
      register: installed
      changed_when: "'changed: yes' in installed.stdout"
    - name: Remove the token
      ansible.builtin.file:
        path: /run/nephoscope-agent-token
        state: absent
      changed_when: false
""")

IMAGE_BUILDER = Template("""\
name: nephoscope-agent
description: Installs the Nephoscope agent into an image, not enrolled; each instance enrols at its first boot.
schemaVersion: 1.0
phases:
  - name: build
    steps:
      - name: install
        action: ExecuteBash
        inputs:
          commands:
            - set -eu; work=$$(mktemp -d)
            - curl -fsS --proto '=https' -o "$$work/install.sh" $files/install.sh
            - echo "$script_sha256  $$work/install.sh" | sha256sum -c -
            - sh "$$work/install.sh" --from $files/nephoscope-agent.pyz
            - rm -rf "$$work" /var/lib/nephoscope-agent
            - truncate -s 0 /etc/machine-id
  - name: validate
    steps:
      - name: not_enrolled
        action: ExecuteBash
        inputs:
          commands:
            - test ! -e /var/lib/nephoscope-agent/identity.json
""")

DAEMONSET = Template("""\
apiVersion: apps/v1
kind: DaemonSet
metadata:
  name: nephoscope-agent
  namespace: nephoscope
spec:
  selector:
    matchLabels: {app: nephoscope-agent}
  template:
    metadata:
      labels: {app: nephoscope-agent}
    spec:
      hostPID: true
      hostNetwork: true
      automountServiceAccountToken: false
      priorityClassName: system-node-critical
      tolerations: [{operator: Exists}]
      containers:
        - name: agent
          image: $image
          command: [sh, -c]
          args:
            - nephoscope-agent enrol --server $server && exec nephoscope-agent run
          env:
            - {name: HOST_ROOT, value: /host}
            - {name: AGENT_TOKEN_FILE, value: /run/secrets/nephoscope/token}
          resources:
            requests: {cpu: 10m, memory: 32Mi}
            limits: {cpu: 100m, memory: 128Mi}
          securityContext:
            readOnlyRootFilesystem: true
            allowPrivilegeEscalation: false
            capabilities: {drop: [ALL], add: [DAC_READ_SEARCH, SYS_PTRACE]}
          volumeMounts:
            - {name: host, mountPath: /host, readOnly: true, mountPropagation: HostToContainer}
            - {name: state, mountPath: /var/lib/nephoscope-agent}
            - {name: token, mountPath: /run/secrets/nephoscope, readOnly: true}
      volumes:
        - {name: host, hostPath: {path: /}}
        - {name: state, hostPath: {path: /var/lib/nephoscope-agent, type: DirectoryOrCreate}}
        - {name: token, secret: {secretName: nephoscope-token, defaultMode: 0400}}
""")

KINDS = {
    "cloud-init": CLOUD_INIT,
    "terraform": TERRAFORM,
    "ssm": SSM,
    "ansible": ANSIBLE,
    "image-builder": IMAGE_BUILDER,
    "daemonset": DAEMONSET,
}


def snippet(kind: str, values: dict[str, str]) -> str:
    """One text. values: server, files (where the .pyz and the script are kept), parameter, image, script_sha256."""
    return KINDS[kind].substitute(values)
