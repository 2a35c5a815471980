"""Stand-ins for Slack, Telegram and OpenAI, so that frontdesk can be tried and tested offline.

They speak the platforms' wire protocols and are stricter than the platforms: whatever those only
warn about or quietly cut off is an error here. Nothing in this package imports the product.
"""
