"""The rule lab, on stores whose past was written by the parts that write it in the service."""
