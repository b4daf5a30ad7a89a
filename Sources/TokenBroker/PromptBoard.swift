// Who sees which prompt. First valid answer wins; what is no longer open is stale.

public import Prompts

/// Where prompts are shown: a connection that has attached, or a script.
public protocol Prompter: AnyObject, Sendable {
  /// Called on the broker's executor; must not wait.
  func notify(_ notice: PrompterNotice)
}

/// What a prompter is told (contract §2, notifications).
public enum PrompterNotice: Sendable, Equatable {
  /// Why a prompt is no longer open.
  public enum Reason: String, Sendable {
    case answered, completed, failed, cancelled, expired
  }

  case show(Prompt)
  case update(Prompt)
  case withdraw(PromptID, Reason, messages: [Message])
}

/// The attached prompters and what each of them may see.
struct PromptBoard {
  struct Attachment {
    var peer: Peer
    var prompter: any Prompter
    /// `nil`: every profile that the peer may answer for.
    var profiles: Set<String>?
  }

  private(set) var attachments: [ConnectionID: Attachment] = [:]

  mutating func attach(_ connection: ConnectionID, _ attachment: Attachment) {
    attachments[connection] = attachment
  }

  mutating func detach(_ connection: ConnectionID) {
    attachments[connection] = nil
  }

  /// Those who may see a prompt of this session.
  func eligible(
    for profile: Profile, owner: Owner, by policy: AccessPolicy
  ) -> [(ConnectionID, any Prompter)] {
    attachments.compactMap { connection, attachment in
      guard attachment.profiles?.contains(profile.name) ?? true,
        policy.mayAnswer(profile, owner, attachment.peer)
      else { return nil }
      return (connection, attachment.prompter)
    }
  }
}
