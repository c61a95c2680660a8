-- Every address that this deployment has ever given to the provider, so that a number which still has an older one of
-- them can be told from one that somebody else has pointed elsewhere.

CREATE TABLE webhook_address (
    address       TEXT NOT NULL PRIMARY KEY,
    first_used_at TEXT NOT NULL
) STRICT;

-- Those that numbers here have.
INSERT INTO webhook_address (address, first_used_at)
SELECT address, MIN(created_at)
FROM (SELECT voice_url AS address, created_at FROM business_numbers WHERE twilio_sid IS NOT NULL
      UNION ALL SELECT sms_url, created_at FROM business_numbers WHERE twilio_sid IS NOT NULL
      UNION ALL SELECT status_callback_url, created_at FROM business_numbers WHERE twilio_sid IS NOT NULL)
WHERE address IS NOT NULL AND address <> ''
GROUP BY address;
