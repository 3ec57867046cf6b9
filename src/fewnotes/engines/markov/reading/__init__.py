"""From the support set to what is learned of it: lines of events, facts, form, harmony, the model."""
