/// Lines in aligned columns, for people: the first column to the left, numbers to the right.
struct TextTable {
    private var lines: [[String]] = []

    init() {}

    init(_ headings: String...) { lines = [headings] }

    mutating func add(_ cells: String...) { lines.append(cells) }

    var text: String {
        let widths = (lines.first ?? []).indices.map { column in lines.map { $0[column].count }.max() ?? 0 }
        return lines.map { line in
            line.enumerated().map { column, cell in
                let padding = String(repeating: " ", count: widths[column] - cell.count)
                return column == 0 ? cell + padding : padding + cell
            }.joined(separator: "  ").trimmingSuffix(while: { $0 == " " })
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(while isUnwanted: (Character) -> Bool) -> Substring {
        self[..<(lastIndex { !isUnwanted($0) }.map { index(after: $0) } ?? startIndex)]
    }
}

/// `12.3 MB`
func byteCount(_ bytes: Int) -> String {
    var (value, unit) = (Double(bytes), 0)
    let units = ["B", "KB", "MB", "GB", "TB"]
    while value >= 1000, unit < units.count - 1 { (value, unit) = (value / 1000, unit + 1) }
    return unit == 0 ? "\(bytes) B" : "\((value * 10).rounded() / 10) \(units[unit])"
}
