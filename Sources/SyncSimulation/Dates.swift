import SyncKit

/// The moment as the server writes it.
func isoDate(_ milliseconds: Int64) -> String {
    var text: [UInt8] = []
    Timestamp(milliseconds: milliseconds).write(to: &text)
    return String(decoding: text, as: UTF8.self)
}
