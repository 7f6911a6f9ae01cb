{# The event lies more than a day after the moment its own row was loaded: nobody can know it yet. #}
{% macro is_future_dated(event_at, loaded_at) %}coalesce({{ event_at }} > {{ loaded_at }} + interval 1 day, false){% endmacro %}
