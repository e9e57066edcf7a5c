<?php
// The competitor: the same job in plain PHP with PDO, without a framework that would cost more. It does less than the
// server: one policy for conflicts, which are not kept; no merging of fields; one entity; no cursors, quotas or tombstones' end.
declare(strict_types=1);

const MAX_OPERATIONS = 500;
const MAX_PAGE = 1000;
const STATUSES = ['pending', 'in_progress', 'completed', 'archived'];

final class HttpError extends Exception {}

/** Checks the token (HS256) and returns its subject. */
function authenticate(): string
{
    $parts = explode('.', substr($_SERVER['HTTP_AUTHORIZATION'] ?? '', 7));
    if (count($parts) !== 3) {
        throw new HttpError('A token is needed.', 401);
    }
    $header = json_decode(fromBase64($parts[0]), true);
    $signature = hash_hmac('sha256', "$parts[0].$parts[1]", hex2bin(getenv('BENCH_KEY')), true);
    if (($header['alg'] ?? '') !== 'HS256' || !hash_equals($signature, fromBase64($parts[2]))) {
        throw new HttpError("The token's signature is wrong.", 401);
    }
    $claims = json_decode(fromBase64($parts[1]), true);
    if (!is_string($claims['sub'] ?? null) || ($claims['exp'] ?? 0) < time()) {
        throw new HttpError('The token has expired.', 401);
    }
    return $claims['sub'];
}

function fromBase64(string $text): string
{
    return (string) base64_decode(strtr($text, '-_', '+/'));
}

/** Not by strtotime, which reads the time zones from their files in every request. */
function milliseconds(mixed $date): int
{
    if (is_int($date)) {
        return $date;
    }
    if (!is_string($date) || !preg_match('/^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{3}))?Z$/', $date, $part)) {
        throw new HttpError('A date is wrong.', 400);
    }
    return gmmktime((int) $part[4], (int) $part[5], (int) $part[6], (int) $part[2], (int) $part[3], (int) $part[1]) * 1000
        + (int) ($part[7] ?? 0);
}

function timestamp(int $milliseconds): string
{
    return gmdate('Y-m-d\TH:i:s', intdiv($milliseconds, 1000)) . sprintf('.%03dZ', $milliseconds % 1000);
}

function json(mixed $value): string
{
    return json_encode($value, JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE | JSON_THROW_ON_ERROR);
}

final class Sync
{
    private PDO $db;
    /** @var array<string, PDOStatement> each is prepared once per request: PDO keeps none between requests */
    private array $statements = [];
    private ?int $user = null;
    private int $head = 0;
    private int $records = 0;
    /** @var array<int, true> versions that this request's client knows */
    private array $known = [];

    public function __construct(private string $subject)
    {
        $this->db = new PDO('sqlite:' . getenv('BENCH_DATABASE'), null, null, [
            PDO::ATTR_PERSISTENT => true,
            PDO::ATTR_TIMEOUT => 10,
            PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        ]);
        $this->db->exec('PRAGMA synchronous = FULL; PRAGMA cache_size = -64000');
    }

    public function status(): string
    {
        $this->findUser();
        return json([
            'timestamp' => timestamp($this->head), 'serverTime' => timestamp((int) (microtime(true) * 1000)),
            'quota' => ['records' => $this->records, 'maxRecords' => 100000],
        ]);
    }

    public function bulk(array $request): string
    {
        $operations = $request['operations'] ?? null;
        if (!is_array($operations) || count($operations) > MAX_OPERATIONS) {
            throw new HttpError("'operations' is not a list of at most " . MAX_OPERATIONS . '.', 400);
        }
        $since = isset($request['lastSyncTimestamp']) ? milliseconds($request['lastSyncTimestamp']) : 0;
        [$results, $conflicts] = $operations ? $this->write($operations, $request['deviceId'] ?? null, $since) : [[], []];
        if (!$operations) {
            $this->findUser();
        }
        [$changes, $position, $hasMore] = $this->page($since, min($request['limit'] ?? 500, MAX_PAGE));
        return '{"success":' . ($conflicts ? 'false' : 'true') . ',"timestamp":"' . timestamp($position)
            . '","conflicts":' . json($conflicts) . ',"serverChanges":[' . $changes . '],"results":' . json($results)
            . ',"hasMore":' . ($hasMore ? 'true' : 'false') . ',"serverTime":"' . timestamp((int) (microtime(true) * 1000)) . '"}';
    }

    private function run(string $sql, array $values): PDOStatement
    {
        $statement = $this->statements[$sql] ??= $this->db->prepare($sql);
        $statement->execute($values);
        return $statement;
    }

    /** The first row, as a list; the statement is reset, so that it holds no lock. */
    private function row(string $sql, array $values): ?array
    {
        $statement = $this->run($sql, $values);
        $row = $statement->fetch(PDO::FETCH_NUM);
        $statement->closeCursor();
        return $row ?: null;
    }

    private function findUser(): void
    {
        $row = $this->row('SELECT key, head, records FROM users WHERE subject = ?', [$this->subject]);
        [$this->user, $this->head, $this->records] = $row ?? [null, 0, 0];
    }

    // Writing

    private function write(array $operations, ?string $device, int $since): array
    {
        $this->db->exec('BEGIN IMMEDIATE');
        try {
            $this->findUser();
            if ($this->user === null) {
                $this->run('INSERT INTO users (subject) VALUES (?)', [$this->subject]);
                $this->user = (int) $this->db->lastInsertId();
            }
            $results = $conflicts = [];
            foreach ($operations as $index => $operation) {
                $result = $this->apply($operation, $device, $since);
                if (isset($result['conflict'])) {
                    $conflicts[] = $operation + ['index' => $index] + $result['conflict'];
                    unset($result['conflict']);
                }
                $results[] = ['index' => $index] + $result;
            }
            $this->run('UPDATE users SET head = ?, records = ? WHERE key = ?', [$this->head, $this->records, $this->user]);
            $this->db->exec('COMMIT');
            return [$results, $conflicts];
        } catch (Throwable $error) {
            // The connection outlives the request.
            $this->db->exec('ROLLBACK');
            throw $error;
        }
    }

    private function apply(array $operation, ?string $device, int $since): array
    {
        ['opId' => $opId, 'entity' => $entity, 'operation' => $kind, 'clientId' => $client, 'data' => $data] = $operation;
        milliseconds($operation['timestamp']);
        $id = $data['id'];
        $result = ['opId' => $opId, 'entity' => $entity, 'id' => $id];
        $kept = $this->row('SELECT status, version FROM operations WHERE user = ? AND op_id = ?', [$this->user, $opId]);
        if ($kept !== null) {
            return $result + ['status' => $kept[0], 'version' => $kept[1], 'duplicate' => true];
        }
        if ($kind !== 'delete' && ($fault = $this->fault($entity, $kind, $data))) {
            return $result + ['status' => 'rejected', 'conflict' => ['type' => 'validation', 'message' => $fault]];
        }
        $record = $this->row(
            'SELECT version, deleted, writer, created, change FROM records WHERE user = ? AND entity = ? AND id = ?',
            [$this->user, $entity, $id]);
        $writer = $device ?? $client;
        if ($type = $this->conflict($kind, $record, $writer, $operation['baseVersion'] ?? $since)) {
            return $result + ['status' => 'conflict', 'conflict' => ['type' => $type, 'serverData' => $record ? json_decode($record[4])->data : null]];
        }
        if ($kind === 'delete' && ($record === null || $record[1])) {
            return $result + ['status' => 'noop'];
        }
        $version = $this->put($entity, $id, $kind, $data, $writer, $record, $since);
        $this->run('INSERT INTO operations VALUES (?, ?, ?, ?)', [$this->user, $opId, 'applied', $version]);
        return $result + ['status' => 'applied', 'version' => $version];
    }

    private function fault(string $entity, string $kind, array $data): ?string
    {
        if ($entity !== 'tasks') {
            return "Entity '$entity' is unknown.";
        }
        if ($kind === 'create' && !isset($data['title'])) {
            return "'title' is required.";
        }
        foreach ($data as $name => $value) {
            $isRight = match ($name) {
                'id' => is_string($value) && $value !== '' && strlen($value) <= 128,
                'title' => is_string($value) && $value !== '' && iconv_strlen($value) <= 500,
                'description' => is_string($value),
                'category' => is_string($value) && iconv_strlen($value) <= 200,
                'isFocus' => is_bool($value),
                'status' => in_array($value, STATUSES, true),
                'dueDate' => milliseconds($value) > 0,
                default => true,
            };
            if (!$isRight) {
                return "'$name' is wrong.";
            }
        }
        return null;
    }

    private function conflict(string $kind, ?array $record, string $writer, int $base): ?string
    {
        if ($record === null) {
            return $kind === 'update' ? 'not_found' : null;
        }
        if ($kind !== 'delete' && $record[1]) {
            return 'deleted';
        }
        if ($kind === 'create') {
            return 'exists';
        }
        return $record[0] > $base && $record[2] !== $writer ? 'stale' : null;
    }

    /** Writes a record as the change that goes over the wire, so that a pull only copies it. */
    private function put(string $entity, string $id, string $kind, array $data, string $writer, ?array $record, int $since): int
    {
        $version = max($this->head + 1, (int) (microtime(true) * 1000));
        $this->head = $version;
        $time = timestamp($version);
        $created = $record[3] ?? $time;
        $document = match ($kind) {
            'create' => $data,
            'update' => $data + json_decode($record[4], true)['data'],
            'delete' => ['id' => $id, 'deletedAt' => $time],
        };
        $document['version'] = $version;
        $document['createdAt'] = $created;
        $document['updatedAt'] = $time;
        $change = json([
            'entity' => $entity, 'operation' => $kind === 'delete' ? 'delete' : 'update', 'data' => $document,
            'clientId' => $writer, 'timestamp' => $time]);
        $this->run(
            'INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (user, entity, id) DO UPDATE SET version = excluded.version,
             deleted = excluded.deleted, writer = excluded.writer, change = excluded.change',
            [$this->user, $entity, $id, $version, (int) ($kind === 'delete'), $writer, $created, $change]);
        $this->records += ['create' => 1, 'update' => 0, 'delete' => -1][$kind];
        if ($record === null || $record[0] <= $since || isset($this->known[$record[0]])) {
            $this->known[$version] = true;
        }
        return $version;
    }

    // Reading

    /** The changes as JSON, the position after them, and whether there are more. */
    private function page(int $since, int $limit): array
    {
        if ($this->user === null || $since >= $this->head) {
            return ['', $this->head, false];
        }
        // A first sync needs no tombstones.
        $changes = $this->run(
            'SELECT version, change FROM records WHERE user = ? AND version > ?' . ($since === 0 ? ' AND deleted = 0' : '')
            . ' ORDER BY version LIMIT ?',
            [$this->user, $since, $limit + 1 + count($this->known)])->fetchAll(PDO::FETCH_KEY_PAIR);
        $changes = array_diff_key($changes, $this->known);
        $hasMore = count($changes) > $limit;
        if ($hasMore) {
            $changes = array_slice($changes, 0, $limit, true);
        }
        $last = array_key_last($changes) ?? 0;
        return [implode(',', $changes), $hasMore ? $last : max($this->head, $last), $hasMore];
    }
}

try {
    $sync = new Sync(authenticate());
    $answer = match ([$_SERVER['REQUEST_METHOD'], strtok($_SERVER['REQUEST_URI'], '?')]) {
        ['POST', '/api/v1/sync/bulk'] => $sync->bulk(
            json_decode(file_get_contents('php://input'), true, 32) ?? throw new HttpError('The body is not JSON.', 400)),
        ['GET', '/api/v1/sync/status'] => $sync->status(),
        default => throw new HttpError('There is nothing here.', 404),
    };
} catch (HttpError $error) {
    http_response_code($error->getCode());
    $answer = json(['code' => $error->getCode(), 'message' => $error->getMessage()]);
}
header('Content-Type: application/json');
header('Content-Length: ' . strlen($answer));
echo $answer;
