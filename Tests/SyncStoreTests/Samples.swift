import SyncKit
import SyncStore
import SyncTesting

/// A handler whose declaration changes between two starts.
struct Sample: EntityHandler {
    var entity = Entity("samples")
    var fields: [Field] = [.string("title", .required), .integer("count")]
    var uniqueRules: [UniqueRule] = []
    var unknownMembers = UnknownMembers.keep
}

/// A database file that is opened again and again.
struct SampleFile {
    let folder: TemporaryFolder
    var path: String { folder.path + "/test.sqlite" }

    init() throws { folder = try TemporaryFolder() }

    func open(_ handlers: any EntityHandler..., options: Store.Options = Store.Options()) throws -> Store {
        try Store(path: path, registry: try Registry(handlers), options: options, now: sampleTime)
    }

    /// The sentence with which the start ends; nil if it does not.
    func complaint(_ handlers: any EntityHandler..., at path: String? = nil) throws -> String? {
        do {
            try Store(path: path ?? self.path, registry: try Registry(handlers), now: sampleTime).close()
            return nil
        } catch StoreError.unusable(let message) {
            return message
        }
    }
}

struct SampleError: Error {}

let sampleTime = Timestamp(milliseconds: 1_795_000_000_000)

extension Store {
    /// Writes a new record and returns its version.
    @discardableResult
    func put(_ id: String, _ json: String = #"{"title":"A"}"#, for subject: String = "alice") throws -> Int64 {
        try writing(subject) { transaction in try transaction.put(id, json) }
    }

    func writing<Value>(_ subject: String = "alice", _ body: @escaping (inout WriteTransaction) throws -> Value) throws -> Value {
        guard let user = UserID(subject) else { throw SampleError() }
        return try write(for: user, at: { sampleTime }, body)
    }

    /// The ids of a user's changes, in the order of the feed.
    func ids(of subject: String = "alice") throws -> [String] {
        guard let user = UserID(subject) else { throw SampleError() }
        var ids: [String] = []
        try read(for: user, at: { sampleTime }) { snapshot in
            try snapshot.forEachChange(after: FeedStart(.zero), of: nil) { change in
                ids.append(change.id)
                return true
            }
        }
        return ids
    }
}

extension WriteTransaction {
    @discardableResult
    mutating func put(_ id: String, _ json: String = #"{"title":"A"}"#) throws -> Int64 {
        guard let content = Document(json: json) else { throw SampleError() }
        return try put(content, id: id, of: Sample().entity, over: nil, by: Author(client: "laptop", edited: sampleTime)).version.value
    }
}
