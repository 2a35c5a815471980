"""The agents' desk in Slack."""
