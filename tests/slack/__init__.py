"""Slack as a whole: the app of a workspace, and customers who write there."""
