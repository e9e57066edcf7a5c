import Foundation
package import HTTPTypes

/// An answer, with its body taken apart by Foundation's parser and not by ours.
package struct Reply {
    package let status: Int
    package let fields: HTTPFields
    package let text: String
    package let json: JSONReply

    package init(status: Int, fields: HTTPFields, body: [UInt8], isJSON: Bool = true) throws {
        self.status = status
        self.fields = fields
        text = String(decoding: body, as: UTF8.self)
        json = JSONReply(isJSON ? try JSONSerialization.jsonObject(with: Data(body), options: .fragmentsAllowed) : nil)
    }

    package subscript(name: String) -> JSONReply { json[name] }
}

/// A JSON value of an answer: `reply["results"][0]["status"].string`. What is not there is nil all the way down.
package struct JSONReply: Equatable, CustomStringConvertible {
    private let value: Any?

    package init(_ value: Any?) { self.value = value is NSNull ? nil : value }

    package subscript(name: String) -> JSONReply { JSONReply((value as? [String: Any])?[name]) }

    package subscript(index: Int) -> JSONReply {
        guard let list = value as? [Any], list.indices.contains(index) else { return JSONReply(nil) }
        return JSONReply(list[index])
    }

    package var string: String? { value as? String }
    package var integer: Int? { (value as? NSNumber)?.intValue }
    package var number: Double? { (value as? NSNumber)?.doubleValue }
    package var boolean: Bool? { (value as? NSNumber)?.boolValue }
    package var array: [JSONReply] { (value as? [Any] ?? []).map(JSONReply.init) }
    package var names: Set<String> { Set((value as? [String: Any] ?? [:]).keys) }
    package var exists: Bool { value != nil }

    package static func == (left: JSONReply, right: JSONReply) -> Bool {
        switch (left.value, right.value) {
        case (nil, nil): true
        case (let left?, let right?): (left as? NSObject)?.isEqual(right) ?? false
        default: false
        }
    }

    package var description: String { value.map { "\($0)" } ?? "nothing" }
}
