// Kinds of persons, by what they do how often. Percentages of steps.

/// How somebody goes about a sign-in.
struct Manner: Sendable {
  var name: String
  /// Answers that are right, of those that fit their form; the rest is false.
  var right = 100
  /// Answers that do not fit their form: the broker refuses them, and nothing is sent.
  var unfit = 0
  /// Steps on which any form is taken, whatever it leads to.
  var wanders = 0
  /// Decisions that are a no: on a phone, in a mail, in a browser, on consent.
  var denies = 0
  /// Steps on which a connection ends, and another one goes on.
  var hangsUp = 0
  /// Steps on which another prompter comes, or takes over.
  var changes = 0
  /// Steps on which the caller leaves.
  var callerLeaves = 0
  /// Steps after which nothing is done for a long while.
  var dawdles = 0
  /// Steps on which the sign-in is cancelled.
  var cancels = 0
  /// Steps on which everybody leaves, and nobody comes back.
  var abandons = 0
  /// After how many steps patience ends: it is cancelled then. `nil` for whoever must not need that.
  var patience: Int? = 25
  /// Walks in which it is somebody else than Ann: Ben, or a stranger.
  var isAnother = 0

  static let all = [
    Manner(name: "diligent", patience: nil),
    Manner(name: "diligent, in company", hangsUp: 10, changes: 25, patience: nil),
    Manner(name: "careless", right: 65, unfit: 20, denies: 10),
    Manner(name: "curious", right: 80, unfit: 5, wanders: 70, denies: 20, changes: 5),
    Manner(name: "restless", right: 90, wanders: 25, hangsUp: 20, changes: 20, callerLeaves: 10),
    Manner(name: "refusing", right: 90, wanders: 10, denies: 80),
    Manner(name: "slow", right: 90, wanders: 10, dawdles: 15),
    Manner(name: "fickle", right: 90, wanders: 30, callerLeaves: 3, cancels: 10, abandons: 10),
    Manner(name: "guessing", right: 5, unfit: 10, wanders: 30, denies: 50, patience: 15),
    Manner(name: "somebody else", right: 80, unfit: 5, wanders: 30, isAnother: 100),
  ]

  /// The same where time cannot be turned: nobody waits for minutes.
  var inRealTime: Manner {
    var manner = self
    manner.dawdles = 0
    manner.abandons = 0
    return manner
  }

  /// The first two need no luck: whoever does everything right gets to an end.
  var isDiligent: Bool { patience == nil }
}
