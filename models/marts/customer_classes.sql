-- Grain: one row per customer of the last review and scheme in which they have a class.
{{ class_rows(ref('fct_current_metrics')) }}
