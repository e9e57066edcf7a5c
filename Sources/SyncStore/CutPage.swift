// A cursor says itself when its client last had everything. A client of the fixed part sends a date and nothing else: what
// is to be known of that date beyond its value is kept here.

import GRDB

/// Where a page ended before the feed did.
package struct CutPage: Sendable, Equatable {
    /// The version of the page's last record.
    package let position: Version
    /// The head when the page's client last had everything: of a record that has moved beyond `position` it has seen what it
    /// was then, and not for sure anything later.
    package let complete: Version

    /// How many of a user's are kept, the newest.
    static let maxCount: Int64 = 1000

    package init(position: Version, complete: Version) {
        self.position = position
        self.complete = complete
    }

    /// The head at which a client at this position last had everything: the position itself, if no page was cut there.
    static func completeHead(at position: Version, user: Int64, _ connection: Connection) throws -> Version {
        try PreparedStatement("SELECT complete FROM cut_pages WHERE user = ?1 AND position = ?2", connection)
            .bind(user, at: 1).bind(position.value, at: 2).first { Version($0.integer(0)) } ?? position
    }
}

extension WriteTransaction {
    /// The head at which a client at this position last had everything.
    package func completeHead(at position: Version) throws -> Version {
        guard let row else { return position }
        return try CutPage.completeHead(at: position, user: row.key, connection)
    }

    /// Keeps the place; of two clients that stand there, that of the one that has seen less.
    package func keep(_ page: CutPage) throws {
        guard let row else { return }
        try PreparedStatement(
            """
            INSERT INTO cut_pages (user, position, complete) VALUES (?1, ?2, ?3)
            ON CONFLICT DO UPDATE SET complete = min(complete, excluded.complete)
            """, connection
        ).bind(row.key, at: 1).bind(page.position.value, at: 2).bind(page.complete.value, at: 3).run()
        // Nobody says when a client has left its place, and one may stand there for years.
        try PreparedStatement(
            """
            DELETE FROM cut_pages WHERE user = ?1 AND position <=
            (SELECT position FROM cut_pages WHERE user = ?1 ORDER BY position DESC LIMIT 1 OFFSET ?2)
            """, connection
        ).bind(row.key, at: 1).bind(CutPage.maxCount, at: 2).run()
    }
}

extension Snapshot {
    /// The head at which a client at this position last had everything.
    package func completeHead(at position: Version) throws -> Version {
        guard let key else { return position }
        return try CutPage.completeHead(at: position, user: key, connection)
    }
}
