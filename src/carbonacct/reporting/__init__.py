"""What people read: explanations, reports, forms, descriptions."""
