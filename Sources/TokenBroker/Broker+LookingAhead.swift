// What happens to a session's tokens by itself: they are fetched anew before they end, subscribers
// hear when they end all the same, and what a full disk kept from being written is written later.
//
// 1. There is one alarm a session, for the next thing that is due of it.
// 2. Alarms ring by a clock that stands still while the machine sleeps and knows nothing of a wall
//    clock that is set. So while there are any, somebody looks every so often whether either has
//    happened, and then sets them all anew, spread over a while.

internal import FoundationEssentials

/// How long after the last call a session still counts as used, where its tokens live shorter.
private let usedLately: Duration = .seconds(3600)
/// When a session that could not be written, or not be renewed for a reason of our own, is tried
/// again without anybody asking.
private let againAfter: Duration = .seconds(5)
/// How often the clocks are looked at, and over which time alarms are spread when one was wrong.
private let watchEvery: Duration = .seconds(20)
private let spread = 10.0

extension Broker {
  /// Notes that somebody wants tokens of this session.
  func noteUse(of key: SessionKey) {
    lastUse[key] = uptime
    if lookouts[key] == nil { lookOut(for: key) }
  }

  /// Whether tokens of this session are wanted: lately, or by a subscriber; or by nobody but the
  /// session itself, which is lost where it is not known in time how a refresh ended.
  private func isWanted(_ key: SessionKey) -> Bool {
    if !subscriptions.isEmpty(key) || entries[key]?.session?.refreshBegun != nil { return true }
    guard let last = lastUse[key] else { return false }
    let lifetime = entries[key]?.session?.tokens.values.map(\.lifetime).max() ?? 0
    return uptime - last < max(usedLately, .seconds(lifetime))
  }

  /// Sets the alarm for the next time that something of the session is due.
  ///
  /// - Parameter earliest: how long nothing is done in any case.
  func lookOut(for key: SessionKey, notBefore earliest: Duration = .zero) {
    lookouts.removeValue(forKey: key)?.cancel()
    guard let delay = untilNext(key) else { return }
    // Never quite at once: a moment that rounding puts before the due one is followed by another.
    lookouts[key] = alarm(after: max(delay, earliest, .milliseconds(1))) { broker in
      broker.lookedOut(for: key)
    }
    watchClocks()
  }

  /// Whether the disk knows less of the session than we do: of its newest tokens, or of its end.
  private func isUnsaved(_ key: SessionKey) -> Bool {
    entries[key]?.session?.isUnsaved == true || undeleted.contains(key)
  }

  private func untilNext(_ key: SessionKey) -> Duration? {
    let now = moment
    var moments = subscriptions.shown(of: key).map { Duration.seconds($1.lifeLeft(now: now)) }
    if isUnsaved(key) {
      moments.append(againAfter)
    } else if refreshes[key] == nil, isWanted(key), let due = firstDue(key) {
      let pause = backOffs[key].map { $0.isOver(at: now) ? .zero : $0.notBefore - now.uptime }
      let own = failedAt[key].map { $0 + againAfter - now.uptime }
      moments.append(max(.seconds(due.seconds), pause ?? .zero, own ?? .zero))
    }
    return moments.min()
  }

  private func lookedOut(for key: SessionKey) {
    lookouts[key] = nil
    withdrawEnded(key)
    if isUnsaved(key), refreshes[key] == nil {
      start { broker in
        try? await broker.saveAll(key)
        broker.lookOut(for: key)
      }
      return
    }
    // One that nobody wants any more waits for its next caller.
    if isWanted(key), let due = firstDue(key), due.seconds <= 0 { refreshAhead(key) }
    lookOut(for: key)
  }

  // MARK: Clocks

  private func watchClocks() {
    guard clockWatch == nil, !lookouts.isEmpty else { return }
    let before = moment
    clockWatch = alarm(after: watchEvery) { broker in broker.watchedClocks(since: before) }
  }

  private func watchedClocks(since before: Moment) {
    clockWatch = nil
    let now = moment
    let hasSlept = now.uptime - before.uptime > watchEvery + .seconds(5)
    if hasSlept || before.isApart(from: now) {
      for key in Array(lookouts.keys) {
        lookOut(for: key, notBefore: .seconds(spread * Self.chance()))
      }
    }
    watchClocks()
  }
}
