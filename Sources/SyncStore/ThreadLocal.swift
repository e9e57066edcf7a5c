import Glibc

/// An object for each thread, found without a lock: with many threads on few cores a lock that everybody takes for every
/// request costs more than the request, since its holder is often one that does not run just then.
///
/// It does not keep the objects alive; who makes them does.
final class ThreadLocal<Object: AnyObject>: Sendable {
    private let key: pthread_key_t

    /// - Throws: ``StoreError/unusable(_:)`` if the system has no more keys.
    init() throws {
        var key = pthread_key_t()
        guard pthread_key_create(&key, nil) == 0 else { throw StoreError.unusable("The system has no thread-local storage left.") }
        self.key = key
    }

    deinit { pthread_key_delete(key) }

    /// This thread's object; nil if it has none yet.
    var object: Object? {
        get { pthread_getspecific(key).map { Unmanaged<Object>.fromOpaque($0).takeUnretainedValue() } }
        set { pthread_setspecific(key, newValue.map { Unmanaged.passUnretained($0).toOpaque() }) }
    }
}
