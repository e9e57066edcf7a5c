// A cursor says itself when its client last had everything. A client of the fixed part sends a date and nothing else: the
// server keeps here all that is to be known of such a date beyond its value.

import GRDB
import SyncKit

/// Where a page ended before the feed did.
package struct CutPage: Sendable, Equatable {
    /// The version of the page's last record.
    package let place: Version
    /// The head when the page's client last had everything: of a record that has moved beyond `place` it has seen the state
    /// of that time, and not for sure anything later.
    package let complete: Version
    /// The set of entities whose records the client has up to `place`, or up to `ahead` if that is not zero.
    package let servedSet: Int64
    /// Zero, unless the client is reading the records of an entity that was not served when it read the others.
    package let ahead: Version
    /// The set of entities that was served when the page was cut.
    package let cutUnder: Int64

    package init(place: Version, complete: Version, servedSet: Int64, ahead: Version, cutUnder: Int64) {
        self.place = place
        self.complete = complete
        self.servedSet = servedSet
        self.ahead = ahead
        self.cutUnder = cutUnder
    }

    /// Whether keeping `other` at the same position too would change nothing.
    package func covers(_ other: CutPage) -> Bool { complete <= other.complete }

    /// The page that was cut at this position; nil if none was.
    static func find(at position: Version, user: Int64, _ connection: Connection) throws -> CutPage? {
        try PreparedStatement(
            "SELECT complete, served, ahead, cut_under, place FROM cut_pages WHERE user = ?1 AND position = ?2", connection
        ).bind(user, at: 1).bind(position.value, at: 2).first { row in
            CutPage(
                place: row.isNull(4) ? position : Version(row.integer(4)), complete: Version(row.integer(0)), servedSet: row.integer(1),
                ahead: Version(row.integer(2)), cutUnder: row.integer(3))
        }
    }
}

extension WriteTransaction {
    /// The page that was cut at this position; nil if none was.
    package func cutPage(at position: Version) throws -> CutPage? {
        guard let row else { return nil }
        return try CutPage.find(at: position, user: row.key, connection)
    }

    /// Keeps the place for the retention; of two clients that stand there, that of the one that has seen less.
    ///
    /// It goes by age and not by number: a client says nothing when it leaves its place, and another one that reads a long
    /// feed in small pages must not push it out.
    ///
    /// - Returns: the position for the page's client: the place itself, if all clients that may stand there have the same entities.
    ///   A place from before the last change of the handlers, and one among records that the client lacked, has a new number, which
    ///   no other client has; the head rises beyond it.
    package mutating func keep(_ page: CutPage) throws -> Version {
        guard let row else { return page.place }
        var position = page.place
        if position < row.bounds.beginOfServedSet || page.ahead > .zero {
            position = nextVersion
            // Beyond it, since a client that has everything gets the head for a position.
            try changeRow { $0.bounds.head = Version(position.value + 1) }
        }
        try PreparedStatement(
            """
            INSERT INTO cut_pages (user, position, complete, served, ahead, at, cut_under, place) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
            ON CONFLICT DO UPDATE SET complete = min(complete, excluded.complete), at = max(at, excluded.at)
            """, connection
        ).bind(row.key, at: 1).bind(position.value, at: 2).bind(page.complete.value, at: 3).bind(page.servedSet, at: 4)
            .bind(page.ahead.value, at: 5).bind(max(now.milliseconds, position.value), at: 6).bind(page.cutUnder, at: 7).bind(
                page.place.value, at: 8
            ).run()
        return position
    }
}

extension Snapshot {
    /// The page that was cut at this position; nil if none was.
    package func cutPage(at position: Version) throws -> CutPage? {
        guard let key else { return nil }
        return try CutPage.find(at: position, user: key, connection)
    }
}
