"""Tables computed from the export of facts, in Ibis, so that any engine gives the same."""
