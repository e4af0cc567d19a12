"""Everything a person or an outside program reads: the summary, answer.json, the report, the plan's other forms."""
