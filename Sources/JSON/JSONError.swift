/// A text that is not JSON.
package struct JSONError: Error, Equatable {
    /// The fault, as a sentence: `It is not UTF-8.`
    package let message: String
}
