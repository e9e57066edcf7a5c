/// The two ways in which a peer can end a process that uses libfcgi 2.4.2, and which we cannot prevent: see Docs/fuzzing.md.
enum LibfcgiFaults {
    /// A name and a value that are claimed to have 2 GB together: no byte is so large that it could be such a length's first.
    static func avoidingLengths(_ byte: UInt8) -> UInt8 { byte > 0x83 ? byte & 0x83 : byte }

    /// Four names of values in one GET_VALUES, of which libfcgi knows FCGI_MAX_CONNS, FCGI_MAX_REQS and FCGI_MPXS_CONNS.
    static func areIn(_ bytes: [UInt8]) -> Bool {
        bytes.indices.count { bytes[$0] == UInt8(ascii: "F") && bytes[$0...].starts(with: "FCGI_M".utf8) } > 3
    }
}
