// What a device may rely on after an answer.

extension Oracle {
    /// Checks a page: its order, that it goes on, and whose records it brings.
    func checkPage(_ answer: Answer, to call: Call) throws {
        let body = answer.body
        let isLost = call.members["cursor"] == nil && state(of: call.user).lost.contains { $0.contains(call.position) }
        // Records of an entity that was away come first, whatever their versions.
        let first = body["serverChanges"].elements.first?["data"]["version"].integer ?? call.position
        let start = body["reset"].isTrue || isLost ? 0 : min(call.position, first - 1)
        var last = start
        for change in body["serverChanges"].elements {
            let version = change["data"]["version"].integer ?? 0
            try checkOwner(of: change, call.user)
            guard version > last else { throw Violation(.versions, "A page that begins after \(last) goes on with \(version).") }
            last = version
        }
        guard body["hasMore"].isTrue else { return }
        guard let position = body["timestamp"].date, position >= last, last > start else {
            throw Violation(.progress, "A page from \(start) with more behind it ends at \(body["timestamp"]).")
        }
    }

    func checkOwner(of value: Value, _ user: String) throws {
        guard let foreign = value.firstText(where: { $0.isMark && !$0.dropFirst(3).hasPrefix("\(user):") }) else { return }
        throw Violation(.isolation, "\(user) sees '\(foreign)' in \(value).")
    }

    /// The device has every record whose version is at most its position, and none of those that are deleted.
    ///
    /// - Parameter isAway: whether an entity has no handler now.
    func checkNothingMissed(_ device: Device, _ isAway: (String) -> Bool) throws {
        guard !device.isAdrift, device.hasTruePosition, !device.hasMore || !hasSwapped else { return }
        for (key, entry) in state(of: device.user).records
        where entry.version <= device.position && device.wants(key.entity) && !isAway(key.entity) {
            let copy = device.copies[key]
            if entry.isDead {
                // What a reset or a first sync does not bring goes when it ends; an old device does not hear of what was purged,
                // even if a restore brings the tombstone back.
                let mayBeStale =
                    entry.isPurged || device.mayHaveGhosts || (device.isNew && device.brought.map { !$0.contains(key) } ?? false)
                guard copy == nil || mayBeStale else { throw missed(key, entry, device) }
                continue
            }
            // An old device does not hear that its create was merged into another record of a cache, and goes on from there.
            if !device.isNew, caches.contains(key.entity), copy?.version == 0 { continue }
            guard copy?.content == entry.content, !device.isNew || copy?.version == entry.version else { throw missed(key, entry, device) }
        }
    }

    private func missed(_ key: RecordKey, _ entry: Entry, _ device: Device) -> Violation {
        let copy = device.copies[key].map { "\($0)" } ?? "nothing"
        return Violation(.noMissedChange, "\(device.name) at \(device.position) has \(copy) for \(key), which is \(entry).")
    }

    /// A device with nothing to send and nothing to fetch has what the server has.
    func checkConvergence(_ device: Device) throws {
        guard !device.isAdrift, device.hasTruePosition else { return }
        let records = state(of: device.user).records
        for (key, copy) in device.copies {
            let entry = records[key]
            // An old device does not hear of what was deleted and purged while it was away, or never was in the backup.
            if !device.isNew, entry?.isPurged ?? false || (device.mayHaveGhosts && entry?.isDead ?? true) { continue }
            // Nor of a create that was merged into another record of a cache.
            if !device.isNew, caches.contains(key.entity), entry == nil { continue }
            guard let entry, !entry.isDead, entry.content == copy.content else {
                throw Violation(.convergence, "\(device.name) has \(key) \(copy), and the server \(entry.map { "\($0)" } ?? "nothing").")
            }
        }
        for (key, entry) in records where !entry.isDead && device.wants(key.entity) && device.copies[key] == nil {
            throw Violation(.convergence, "\(device.name) lacks \(key), which is \(entry).")
        }
    }
}
