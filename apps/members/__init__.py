"""Who belongs to an organization and which keys it gave out: the audited verbs over tenancy's tables."""
