"""Slack: one app a workspace, used by the customers' channel here and by the agents' desk."""
