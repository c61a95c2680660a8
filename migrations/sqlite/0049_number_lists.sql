-- Lists of numbers: what they are filtered, sorted and summed by stands in the index that they go by, so a row of the table
-- is read only where it is on the page.

DROP INDEX business_numbers_of_user;
CREATE INDEX business_numbers_of_user ON business_numbers
    (user_id, created_at, id, status, business_id, number_type, country_code, currency, monthly_cost, phone_number, display_name);

-- An operator's lists are of everybody's.
DROP INDEX business_numbers_by_time;
CREATE INDEX business_numbers_by_time ON business_numbers
    (created_at, id, status, business_id, number_type, country_code, currency, monthly_cost, phone_number, display_name);
