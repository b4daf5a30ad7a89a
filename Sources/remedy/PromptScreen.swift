// One prompt at a terminal, as a value: keys go in, text to write and an answer come out.
//
// 1. The screen never reads, writes or waits; `PromptConversation` does.
// 2. What is written is added below what stands there. Only the line being typed, and a menu while
//    the arrow keys move in it, are ever written over.
// 3. The first form that asks something goes straight to its first field. Every other form on offer
//    is one key away: a letter while the broker polls, else Tab (or `?` and Enter), in a menu in the
//    issuer's order.
// 4. An action is never taken unless it was chosen, however alone it stands; nor is a browser opened.
// 5. Where there is one authenticator or one method to choose it is taken and named, not asked for, as
//    long as that only begins what the person at this terminal wants; see `isPlain`.

internal import JSON
internal import Prompts

/// What a person sees of one prompt, and how keys become an answer.
struct PromptScreen: Sendable {
  /// What is to be done, in order.
  enum Effect: Sendable, Equatable {
    case write(TerminalText)
    case submit(Answer)
    /// The person wants out: Control-D on an empty line.
    case cancel
    /// The person wants the address in the browser of this desktop.
    case browse(BrowserAddress)
    /// A security key is to answer this `context.webauthn`.
    case askKey(JSONValue)
    /// The key's PIN.
    case tellKey(String)
  }

  /// What can be done here beside showing text and reading keys.
  struct Abilities: Sendable, Equatable {
    /// Whether there is a desktop with a browser.
    var hasDesktop = false
    /// Whether there is the helper for security keys.
    var hasSecurityKeys = false
  }

  /// Where the person is.
  enum Step: Sendable, Equatable {
    /// Choosing what to do.
    case forms(Menu, [Form])
    /// Typing a string, an integer, or yes or no.
    case line(LineEditor)
    /// Typing a new password once more.
    case again(LineEditor, first: String)
    /// Choosing a value.
    case choice(Menu, [Choice])
    /// Whether the address is opened here.
    case offer(LineEditor, BrowserAddress)
    /// The browser has the next word: an address to paste, or Enter.
    case returned(LineEditor)
    /// A security key is asked.
    case key
    /// Typing its PIN.
    case keyPIN(LineEditor)
    /// Nothing is asked: the broker polls, or an answer is under way.
    case waiting
  }

  var prompt: Prompt
  var style: Style
  let abilities: Abilities
  let isOwn: Bool
  /// Whether an answer may be given that nobody typed; one such answer must not lead to the next.
  private(set) var mayGoOn: Bool
  /// What the sign-in is to do beside.
  let flow: FlowWords
  /// What is said below the head when the prompt is first shown.
  let remark: TerminalText?
  var walk: FormWalk?
  var step = Step.waiting

  /// - Parameters:
  ///   - isOwn: whether this process asked for the sign-in.
  ///   - mayGoOn: whether the person has pressed a key since an answer was given that nobody typed.
  init(
    prompt: Prompt, style: Style, abilities: Abilities, isOwn: Bool, mayGoOn: Bool,
    flow: FlowWords = FlowWords(), remark: TerminalText? = nil
  ) {
    self.prompt = prompt
    self.style = style
    self.abilities = abilities
    self.isOwn = isOwn
    self.mayGoOn = mayGoOn
    self.flow = flow
    self.remark = remark
  }

  /// Whether nothing is asked right now.
  var isWaiting: Bool { step == .waiting }

  /// What the broker waits for by itself, in the issuer's words.
  var pollWords: TerminalText? {
    poll.map { poll in
      let name = poll.label ?? poll.authenticator?.name ?? prompt.content.authenticator?.name
      guard let name else { return TerminalText(foreign: poll.remediation) }
      // The line itself says that something is waited for.
      let lead = "Waiting for "
      return TerminalText(words: name.hasPrefix(lead) ? String(name.dropFirst(lead.count)) : name)
    }
  }

  var poll: Form? { prompt.content.forms.first { $0.kind == .poll } }

  /// Shows the prompt and asks.
  mutating func begin() -> [Effect] {
    let remarks = (remark.map { style.block($0) } ?? []).map { $0 + "\n" }
    return [.write(head.painted + remarks.joined(separator: ""))] + askFirst()
  }

  /// Shows what changed and asks on: typed text stays where the form is still there.
  mutating func update(_ new: Prompt) -> [Effect] {
    mayGoOn = false
    let old = (
      head: head, forms: prompt.content.forms.map(\.untimed),
      toSign: prompt.content.context["webauthn"]
    )
    prompt = new
    let head = head
    let isSameHead = head.intro == old.head.intro && head.body == old.head.body
    let isToSignAnew = isAskingKey && new.content.context["webauthn"] != old.toSign
    guard !isSameHead || isToSignAnew || new.content.forms.map(\.untimed) != old.forms
    else { return [] }
    let changed: [Effect] =
      if isSameHead {
        []
      } else if head.intro == old.head.intro {
        [.write(style.freshLine + head.body)]
      } else {
        [.write(style.freshLine + head.painted)]
      }
    let isKept = walk.map { walk in new.content.forms.contains { $0.untimed == walk.form.untimed } }
    // What the key is asked to sign would not be taken any more.
    if isToSignAnew, let form = walk.flatMap({ new.content.form($0.form.id) }), isForKey(form) {
      return changed + askKey(form)
    }
    switch step {
    case .waiting:
      return changed + askFirst(isNew: new.content.forms.map(\.untimed) != old.forms)
    case .forms(_, let forms) where forms == answerable:
      return changed.isEmpty ? [] : changed + [.write(question)]
    case _ where isKept == true:
      return changed.isEmpty ? [] : changed + [.write(question)]
    default:
      return (changed.isEmpty ? [.write(style.freshLine)] : changed) + askFirst()
    }
  }

  /// Says why the answer was not taken and asks the same form again; a security key, which would answer
  /// at once and be refused at once, only where the person says so.
  mutating func refused(_ why: TerminalText) -> [Effect] {
    mayGoOn = false
    let note: Effect = .write(errorLines(why))
    if let form = walk?.form, isForKey(form) { return [note] + showForms() }
    return [note] + (walk.map { open($0.form) } ?? askFirst())
  }

  /// What went wrong, below the question, as the issuer's own errors stand there.
  func errorLines(_ why: TerminalText) -> TerminalText {
    let level: TerminalText = "error: "
    let lines = why.wrapped(width: max(20, style.width - 2 - level.cells))
    return lines.enumerated().map { row, line in
      "  " + (row == 0 ? style.red(level) : "") + line + "\n"
    }.joined(separator: "")
  }

  /// The question with what is typed, for a terminal that was given back.
  var question: TerminalText {
    switch step {
    case .forms(let menu, _), .choice(let menu, _): menu.painted
    case .line(let line): lineQuestion + line.shown
    case .again(let line, _): againQuestion + line.shown
    case .offer(let line, _): Self.offerQuestion + line.shown
    case .returned(let line): Self.returnedQuestion + line.shown
    case .keyPIN(let line): Self.pinQuestion + line.shown
    case .key, .waiting: ""
    }
  }

  private var head: PromptHead {
    PromptHead(prompt: prompt, style: style, isOwn: isOwn, flow: flow)
  }

  var answerable: [Form] { prompt.content.forms.filter { canAnswer($0) } }

  /// Whether it can be answered here.
  func canAnswer(_ form: Form) -> Bool { form.isAnswerable || isForKey(form) }
}

extension Form {
  /// Without what changes from poll to poll and is nobody's business.
  fileprivate var untimed: Form {
    var form = self
    form.interval = nil
    return form
  }
}
