"""From records to cards and forms: every sentence a learner reads, and none of the deciding."""
