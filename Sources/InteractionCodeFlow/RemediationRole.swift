// What is known of remediations and actions by name: what to call them, how they are answered, and
// what Remedy does where it does more than relay (protocol reference §4). The table is in
// `RemediationRole+Table.swift`; docs/remediations.md is made from it.
//
// Nothing depends on a name being in it: one that nobody knows is a form like any other, built from
// what it carries.

internal import IdentityEngine
internal import Prompts

/// What becomes of one kind of remediation or action.
public struct RemediationRole: Sendable, Equatable {
  /// How it is done.
  public enum Handling: Sendable, Equatable {
    /// Relayed to a prompter, which answers what the form itself asks; where it asks for nothing,
    /// it is pressed.
    case relayed
    /// The broker asks again by itself.
    case poll
    /// An address that a person opens.
    case browser
    /// Not here: what an administrator can do about it.
    case unsupported(String)
  }

  /// What a prompt is called in which it stands first.
  public enum Title: Sendable, Equatable {
    /// These words.
    case words(String)
    /// The words, and the authenticator's name where there is one.
    case about(String, otherwise: String)

    func text(_ authenticator: String?) -> String {
      switch self {
      case .words(let words): words
      case .about(let words, let otherwise): authenticator.map { "\(words) \($0)" } ?? otherwise
      }
    }
  }

  /// The engine's name.
  public var name: String
  /// What its form is called for people, where the engine gives no label of its own.
  public var label: String
  /// What a prompt is called in which it stands first.
  public var title: Title
  /// How it is done.
  public var handling: Handling
  /// What Remedy does without asking anybody, or what is particular, in a sentence.
  public var remark: String?

  init(
    _ name: String, _ label: String, _ title: Title? = nil, _ handling: Handling = .relayed,
    remark: String? = nil
  ) {
    self.name = name
    self.label = label
    self.title = title ?? .words(label)
    self.handling = handling
    self.remark = remark
  }

  /// The kind that the name decides; `nil`: what the form itself says (fields, `refresh`, link).
  var kind: Form.Kind? {
    switch handling {
    case .relayed: nil
    case .poll: .poll
    case .browser: .browser
    case .unsupported: .unsupported
    }
  }

  /// What an administrator can do where nothing else is on offer.
  var advice: String? {
    if case .unsupported(let advice) = handling { advice } else { nil }
  }

  /// The role of a known name.
  static func named(_ name: String) -> RemediationRole? { table[name] }

  private static let table = Dictionary(all.map { ($0.name, $0) }) { first, _ in first }

  /// Every role, section by section as the protocol reference has them.
  public static var all: [RemediationRole] { sections.flatMap(\.roles) }
}
