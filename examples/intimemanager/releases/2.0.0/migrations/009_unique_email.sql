-- 2.0.0: people sign in with their e-mail address, so no two accounts may have the same one.
-- On an empty database this passes. On real rows it fails (error 1062): some accounts were created twice.

UPDATE users SET email = LOWER(TRIM(email));

ALTER TABLE users ADD UNIQUE KEY users_email (email), DROP KEY users_by_email;
