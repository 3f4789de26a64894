const secretNames =
  /(^|\/)(\.env($|\.)|[^/]*\.env$|\.htpasswd|\.netrc|\.npmrc|\.pgpass|\.my\.cnf|auth\.json|wp-config[^/]*\.php|id_(rsa|dsa|ecdsa|ed25519)|[^/]*(secret|credential|password|passwd)[^/]*|[^/]*\.(key|pem|p12|pfx|jks|keystore|ppk))/i;

/** A page, script, style, picture or text about passwords (`input_password.js`), not one called only that (`secrets.js`). */
const aboutSecrets =
  /(^|\/)(?!\.?(secret|credential|password|passwd)s?\.)[^/]*(secret|credential|password|passwd)[^/]*\.([cm]?[jt]sx?|vue|s?css|less|html?|twig|tpl|svg|png|gif|jpe?g|webp|ico|map|md|rst|po|mo)$/i;

/** Whether a file is one of those that hold passwords and keys, and nothing else: nobody else should read it. */
export const isSecretFile = (path: string): boolean => secretNames.test(path) && !aboutSecrets.test(path);

/**
 * What applications call the file with the access to their database, and what they put beside: `config.inc.php`,
 * `configuration.php` (Joomla), `settings.local.php` (Drupal), `LocalSettings.php` (MediaWiki), `parameters.yml` (Symfony),
 * `app/etc/local.xml` and `env.php` (Magento), `app_local.php` (CakePHP), `config/autoload/db.local.php` (Laminas), `web.config`.
 */
const configurationNames =
  /(^|\/)(([\w.-]*[._-])?(db|site|app|local)?(config|configuration|additionalconfiguration|settings|parameters|conf|local|env|database|db|conn|connect|connection)([._-][^/]*)?\.(php\d?|inc|ini|ya?ml|json|xml|toml|neon|py|rb|properties)([._-][^/]*)?|web\.config)$/i;

/** Whether what was changed in a file may be a password, whatever its lines look like: it is not shown. */
export const mayHoldSecrets = (path: string): boolean => isSecretFile(path) || configurationNames.test(path);

const any = (...patterns: readonly RegExp[]): RegExp =>
  new RegExp(patterns.map(({ source }) => source).join('|'), 'i');

const secretLine = any(
  /passw|passphrase|pwd|pswd|motdepasse|mot_de_passe|secret|token|credential|salt|bearer|authorization|hmac|\bdsn\b/,
  // As a word or part of a name: not `bypass`, `compass`, `passed`.
  /(?<![a-z])(pass|pw|mdp|pin)(?![a-z])|(db|sql|user|admin|root|my|mail|smtp|ftp|ldap|auth|login|http|redis)pass(?![a-z])/,
  // Keys by what they are for.
  /(api|private|crypt|cipher|encryption|app|auth|access|hash|sign|signing|signature|master|licen[cs]e|session|cookie|jwt|shared|client|consumer|account|storage|security|service|site|logged_in|nonce).?key/,
  // Keys by what they are given: a text or something long. Not `$key => $value`, nor `foreach ($keys as $key)`.
  /key['"\])\s]*(=>|[=:,])\s*['"]|(?<!\$)key['"]?\s*[=:]\s*[^\s$('";,]{8,}\s*[;,]?\s*$|<[\w:-]*key>\s*[^\s<]|<[\w:-]*key>\s*<!\[/,
  // Calls that take a password without a name.
  /\bpdo\s*\(|mysqli?\s*\(|connect(ion)?\s*\(\s*['"]|connect(ion)?\s*\([^)]*,|_(p?connect|login|bind|open|auth_password)\s*\(|->(auth|login|authenticate|bind)\s*\(/,
  // Values that look like it.
  /:\/\/[^/\s:@]*:[^/\s@]+@|base64:|\b(AKIA|ASIA)[A-Z0-9]{16}|\bgh[a-z]_\w{20}|\b[srp]k_(live|test)_|\bxox[a-z]-/,
  /['"](?=[^'"]*\d)(?=[^'"]*[a-z])[\w+/=.$-]{32,}['"]/,
);

/** As in `dbPass`, where only the case tells that a word begins. */
const camelCase = /[a-z](Pass|Pw|Pin)(?![a-z])/;

const isSecretLine = (line: string): boolean => secretLine.test(line) || camelCase.test(line);

/** A name alone, whose value follows on the next line; a call, whose arguments follow. */
const valueFollows = /(=|=>|:|<<<\s*['"]?\w+['"]?|^\s*['"]\w+['"],)\s*$/;
const argumentsFollow = /\([^)]*$/;

/**
 * Which lines of a text speak of a password, a key or the like, or hold what follows on the name of one. Hiding a line
 * too many costs little.
 */
export function secretLines(text: string): readonly boolean[] {
  let awaited: 'nothing' | 'value' | 'arguments' = 'nothing';
  const secret: boolean[] = [];
  for (const whole of text.split('\n')) {
    // No more of a line is ever shown; some of the patterns take the square of its length.
    const line = whole.slice(0, 1000);
    const isSecret = isSecretLine(line);
    secret.push(isSecret || awaited !== 'nothing');
    if (isSecret && valueFollows.test(line)) awaited = 'value';
    else if (isSecret && argumentsFollow.test(line)) awaited = 'arguments';
    else if (awaited !== 'arguments' || line.includes(')')) awaited = 'nothing';
  }
  return secret;
}
