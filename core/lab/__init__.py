"""The rule lab: what changed rules would have done, what rules cost and save, what to write next.

Its commands read a store beside the running service and never write. What they need for that and
the service does not (tables, charts, progress) is imported here only.
"""
