"""What customers, agents and admins live through, as sentences."""
