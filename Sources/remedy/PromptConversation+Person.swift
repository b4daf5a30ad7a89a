// What the person does: keys, and the signals that keys make.

internal import BrokerInterface
internal import Glibc
internal import JSON
internal import JSONRPC
internal import Prompts
internal import RemedyClient
internal import SecurityKeys

extension PromptConversation {
  /// In seconds: a letter that chooses at once is followed by Enter out of habit, which then must not
  /// answer what the letter has led to.
  private static let enterTime = 0.5

  func show(_ prompt: Prompt) throws(Failure) {
    let requester = prompt.requestedBy
    person = prompt.content.person ?? person
    terminal.enter()
    terminal.flush()
    let isOwn = requester?.pid == Int(getpid())
    if !isOwn, requester != nil, let joined = flow.joined(prompt.profile) {
      write(spinner.clear() + joined)
    }
    let words = isOwn ? flow : FlowWords()
    let refusal = isOwn ? flow.refusal(prompt.content) : nil
    // What is said of the flow is said once.
    if !isOwn, requester != nil { flow = FlowWords() }
    var screen = PromptScreen(
      prompt: prompt, style: terminal.style, abilities: abilities, isOwn: isOwn, mayGoOn: hasActed,
      flow: words, remark: refusal)
    let effects = screen.begin()
    self.screen = screen
    if case .submit = effects.last { hasActed = false }
    try perform(effects)
  }

  func read() throws(Failure) {
    guard let keys = terminal.keys() else { throw .terminalGone }
    for key in keys {
      let isBehindLetter = key == .enter && !enterEnd.hasPassed
      enterEnd = .now
      if isBehindLetter { continue }
      let wasWaiting = screen?.isWaiting == true
      hasActed = true
      // Keys pressed while an answer is under way are meant for nothing on this screen.
      guard answer == nil, let effects = screen?.handle(key) else { return }
      if wasWaiting, screen?.isWaiting == false { enterEnd = .after(seconds: Self.enterTime) }
      try perform(effects)
    }
  }

  func perform(_ effects: [PromptScreen.Effect]) throws(Failure) {
    for effect in effects {
      switch effect {
      case .write(let text):
        write(spinner.clear())
        write(text)
      case .cancel:
        try cancel()
      case .browse(let address):
        write(
          Desktop.open(address)
            ? "  opened in your browser\n" : "  there is no xdg-open to open it with\n")
      case .askKey(let context):
        // The one before lets go of the key first.
        keyProgram = nil
        keyProgram = SecurityKeyProgram(context: context)
        if keyProgram == nil, let effects = screen?.heard(.failure(.helperFailed)) {
          try perform(effects)
        }
      case .tellKey(let pin):
        keyProgram?.tell(.pin(pin))
      case .submit(let given):
        guard let id = screen?.prompt.id else { return }
        person = given.fields["identifier"]?.string ?? person
        answer = try reaching { () throws(ConnectionFault) in
          try client.start(PromptAnswer.self, PromptAnswer.Params(prompt: id, answer: given))
        }
      }
    }
  }

  func hearKey() throws(Failure) {
    for report in keyProgram?.reports() ?? [] {
      if let effects = screen?.heard(report) { try perform(effects) }
    }
  }

  func takeSignals() throws(Failure) {
    for signal in TerminalSignals.received() {
      if signal == SIGINT { try cancel() }
      pause(signal)
    }
  }

  /// Stops, or has been continued: the terminal is the shell's in between.
  func pause(_ signal: CInt) {
    if signal == SIGTSTP {
      write(spinner.clear() + "\n")
      terminal.suspend()
    } else {
      terminal.resume()
    }
    repaint()
  }

  private func repaint() {
    guard answer == nil, let screen, !screen.isWaiting else { return }
    write(terminal.style.freshLine + screen.question)
  }

  /// Cancels the transaction at the broker and ends. The terminal is given back first: a second
  /// Control-C ends the process at once.
  private func cancel() throws(Failure) -> Never {
    write(spinner.clear() + "\n")
    terminal.leave()
    let limit = Deadline.after(seconds: 5)
    var id = screen?.prompt.id ?? queue.first?.id
    screen = nil
    while let target = id {
      id = nil
      do {
        _ = try client.call(
          PromptCancel.self, PromptCancel.Params(prompt: target, timeout: 5), deadline: limit)
      } catch .refused(let error) where error.reason == .promptStale {
        // Our answer to it is under way: what comes of it is what must be cancelled.
        id = try outcome(until: limit)?.prompt?.id
      } catch {
        throw .call(error)
      }
    }
    throw .cancelled
  }

  private func outcome(until limit: Deadline) throws(Failure) -> AnswerOutcome? {
    guard let answer else { return nil }
    self.answer = nil
    while true {
      do {
        if let outcome = try client.result(of: answer) { return outcome }
        guard try client.receive(until: limit) != nil else { return nil }
      } catch {
        return nil
      }
    }
  }
}
