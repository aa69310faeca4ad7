"""What CI systems show: Markdown and annotations of GitHub, code quality of GitLab. Pure."""
