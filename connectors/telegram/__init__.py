"""Customers who write to our Telegram bot."""
