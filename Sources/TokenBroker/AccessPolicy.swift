// One pure question: may this peer, for this profile, do this?
//
// 1. The user service serves its own uid and nobody else, root included, unless a rule says more.
//    The system service serves nobody unless a rule says so.
// 2. A profile that a peer may not use does not exist for it.
// 3. Prompts, their text and their answers are for the session's owner, and for whom the profile's
//    `prompters` names.

/// Decides by what the kernel says of a peer.
public struct AccessPolicy: Sendable, Equatable {
  /// Whether the service is the machine's or one user's: who may do what without a rule.
  public var mode: Mode
  /// The uid that the service runs as.
  public var serviceUID: UInt32

  /// Made of its parts.
  public init(mode: Mode, serviceUID: UInt32) {
    self.mode = mode
    self.serviceUID = serviceUID
  }

  /// Whether the peer may have tokens of the profile.
  public func mayUse(_ profile: Profile, _ peer: Peer) -> Bool {
    if profile.allow.isEmpty {
      return mode == .user && peer.uid == serviceUID
    }
    return profile.allow.contains { $0.matches(peer) }
  }

  /// Whether the peer may see and answer prompts for a session of the profile.
  public func mayAnswer(_ profile: Profile, _ owner: Owner, _ peer: Peer) -> Bool {
    if profile.prompters.contains(where: { $0.matches(peer) }) { return true }
    switch owner {
    case .user(let uid): return uid == peer.uid && mayUse(profile, peer)
    case .service: return peer.uid == serviceUID
    }
  }

  /// Whether the peer may know of the profile at all: it may use it, or answer for it.
  public func mayKnow(_ profile: Profile, _ peer: Peer) -> Bool {
    mayUse(profile, peer) || profile.prompters.contains { $0.matches(peer) }
  }

  /// Whether the peer is the service's owner: root or the account of a system service, the uid of
  /// a user service.
  public func owns(_ peer: Peer) -> Bool {
    peer.uid == serviceUID || (mode == .system && peer.uid == 0)
  }

  /// Whose session the peer gets.
  public func owner(of profile: Profile, for peer: Peer) -> Owner {
    profile.ownership == .caller ? .user(peer.uid) : .service
  }
}

extension AccessRule {
  /// Whether every term holds.
  public func matches(_ peer: Peer) -> Bool {
    !terms.isEmpty
      && terms.allSatisfy { term in
        switch term {
        case .user(let uid): peer.uid == uid
        case .group(let gid): peer.gids.contains(gid)
        }
      }
  }
}
