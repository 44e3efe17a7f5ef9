import Foundation
import Synchronization
import Testing
import VitqAutodiff
import VitqFormat
import VitqImage
import VitqSynthesis

struct SynthesisJournalTests {
  private let options: SynthesisOptions = {
    var options = SynthesisOptions()
    options.imageCount = 3
    options.stepCount = 12
    options.checkpointInterval = 5
    options.attentionPriors.weight = 20
    return options
  }()

  private func synthesizer(_ options: SynthesisOptions? = nil) throws -> Synthesizer {
    try Synthesizer(
      TinyTransformer().graph, preprocessing: TinyTransformer.preprocessing,
      options: options ?? self.options)
  }

  private func withFolder(_ body: (String) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "vitq-journal-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: folder) }
    try body(folder.path())
  }

  private func journal(_ folder: String) throws -> SynthesisJournal {
    try SynthesisJournal(folder: folder, modelDigest: "abc", options: options)
  }

  private static func notAJournal(_ folder: String) -> SynthesisError {
    .journal(.notAJournal(path: folder, kind: "synthesis journal"))
  }

  @Test(arguments: [1, 2])
  func aCancelledRunEndsInTheSameBytes(_ workerCount: Int) throws {
    let workers = Workers(count: workerCount)
    let expected = try synthesizer().run(workers: workers)
    try withFolder { folder in
      let cancellation = Cancellation()
      #expect(throws: SynthesisError.cancelled) {
        try synthesizer().run(
          workers: workers, journal: journal(folder), cancellation: cancellation
        ) {
          _ in cancellation.request()
        }
      }
      let resumed = try synthesizer().run(workers: workers, journal: journal(folder))
      #expect(resumed == expected)
    }
  }

  @Test(arguments: SynthesisMethod.allCases.filter { $0 != .noise })
  func everyMethodGoesOn(_ method: SynthesisMethod) throws {
    var options = SynthesisOptions(method: method)
    (options.imageCount, options.stepCount, options.checkpointInterval) = (2, 80, 7)
    let expected = try synthesizer(options).run(workers: Workers(count: 1))
    try withFolder { folder in
      for workers in [1, 2, 1, 2] {
        let journal = try SynthesisJournal(
          folder: folder, modelDigest: "abc", options: options)
        let cancellation = Cancellation()
        let steps = Mutex(0)
        do {
          let images = try synthesizer(options).run(
            workers: Workers(count: workers), journal: journal, cancellation: cancellation
          ) { _ in
            if steps.withLock({
              $0 += 1; return $0 == 1
            }) {
              cancellation.request()
            }
          }
          #expect(images == expected)
        } catch SynthesisError.cancelled {}
      }
      let journal = try SynthesisJournal(folder: folder, modelDigest: "abc", options: options)
      #expect(
        try synthesizer(options).run(workers: Workers(count: 2), journal: journal) == expected)
    }
  }

  /// A killed process leaves states of checkpoints, none for images that had no checkpoint yet,
  /// and a temporary file.
  @Test func aKilledRunEndsInTheSameBytes() throws {
    let expected = try synthesizer().run(workers: Workers(count: 1))
    try withFolder { folder in
      let model = try SynthesisModel(TinyTransformer().graph)
      let graph = try TinyTransformer().graph
      let settings = SynthesisSettings(
        model, options, preprocessing: TinyTransformer.preprocessing)
      let optimizer = try ImageOptimizer(
        graph, constants: ConstantPool(graph), settings)
      optimizer.start(image: 1)
      let objective = ImageObjective(settings, image: 1)
      for _ in 0..<5 { _ = try optimizer.step(objective, image: 1) }
      try journal(folder).store(optimizer.state, image: 1)
      try Data([1, 2, 3]).write(to: URL(filePath: "\(folder)/.vitq-1-0.tmp"))

      let resumed = try synthesizer().run(
        workers: Workers(count: 2), journal: journal(folder))
      #expect(resumed == expected)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == ["image-0", "image-1", "image-2", "lock", "plan"])
    }
  }

  @Test func aFinishedRunIsReadBack() throws {
    try withFolder { folder in
      let expected = try synthesizer().run(
        workers: Workers(count: 1), journal: journal(folder),
        restored: { image, _ in Issue.record("image \(image)") })
      let restored = Mutex<[Int: Int]>([:])
      let again = try synthesizer().run(
        workers: Workers(count: 1), journal: journal(folder),
        restored: { image, step in restored.withLock { $0[image] = step } })
      #expect(again == expected)
      #expect(restored.withLock { $0 } == [0: 12, 1: 12, 2: 12])
    }
  }

  /// A run is replaced file by file; what vitq did not make stays, whatever it is called.
  @Test func aReplacedRunLeavesFilesOfOthers() throws {
    try withFolder { folder in
      _ = try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
      let others = [".vitq-notes", "image-", "image-01", "image-2.png", "image-holiday", "notes"]
      for name in others + ["game", "losses", "recipe.yml", "shard", ".vitq-7-0.tmp"] {
        try Data(name.utf8).write(to: URL(filePath: "\(folder)/\(name)"))
      }
      var other = options
      other.seed = 7
      _ = try SynthesisJournal(
        folder: folder, modelDigest: "abc", options: other, existing: .replaced)
      let names = try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
      #expect(names == (others + ["lock", "plan"]).sorted())
      let plan = try String(contentsOfFile: "\(folder)/plan", encoding: .utf8)
      #expect(plan.contains("\nseed: 7\n"))
    }
  }

  @Test func aJournalOfOtherOptionsIsRejected() throws {
    try withFolder { folder in
      _ = try journal(folder)
      var other = options
      other.seed = 7
      let error = SynthesisError.journalDiffers(
        path: "\(folder)/plan", key: "seed", expected: "7", found: "0")
      #expect(throws: error) {
        try SynthesisJournal(folder: folder, modelDigest: "abc", options: other)
      }
      #expect(throws: SynthesisError.self) {
        try SynthesisJournal(folder: folder, modelDigest: "abd", options: options)
      }
    }
  }

  /// What earlier versions left goes on: the plan of a run without real images has the bytes it had.
  @Test func aPlanStaysAsItWas() {
    #expect(
      SynthesisJournal.planDigest(modelDigest: "abc", options: options)
        == "76d859042126dfea3db6a3150c36760f11eeabd23013fc70d92759f81901be17")
  }

  /// A plan states the real images that are priors by name and content, wherever they lie.
  @Test func aPlanStatesItsPriors() throws {
    var real = options
    real.attentionPriors.kind = .real(folder: "a")
    real.attentionPriors.references = [
      ModelHeader.Source(name: "cat\n1.png", sha256: String(repeating: "1a", count: 32)),
      ModelHeader.Source(name: "dog.png", sha256: String(repeating: "2b", count: 32)),
    ]
    try withFolder { folder in
      _ = try SynthesisJournal(folder: folder, modelDigest: "abc", options: real)
      let plan = try String(contentsOfFile: "\(folder)/plan", encoding: .utf8)
      let lines = plan.split(separator: "\n").map { String($0) }
      #expect(lines.contains("attention priors: real"))
      #expect(SynthesisOptions.references(ofPlan: lines) == real.attentionPriors.references)
      var moved = real
      moved.attentionPriors.kind = .real(folder: "b")
      _ = try SynthesisJournal(folder: folder, modelDigest: "abc", options: moved)
      moved.attentionPriors.references[1].sha256 = String(repeating: "3c", count: 32)
      #expect(
        throws: SynthesisError.journalDiffers(
          path: "\(folder)/plan", key: "attention prior image",
          expected: ModelHeader.line(moved.attentionPriors.references[1]),
          found: ModelHeader.line(real.attentionPriors.references[1]))
      ) { try SynthesisJournal(folder: folder, modelDigest: "abc", options: moved) }
    }
  }

  @Test func aFolderHasOneRunAtATime() throws {
    try withFolder { folder in
      let first = try journal(folder)
      for existing in [SynthesisJournal.ExistingRun.resumed, .replaced, .replacedIfFinished] {
        #expect(throws: SynthesisError.journal(.inUse(path: folder))) {
          try SynthesisJournal(
            folder: folder, modelDigest: "abc", options: options, existing: existing)
        }
      }
      withExtendedLifetime(first) {}
    }
    try withFolder { folder in
      _ = try journal(folder)
      _ = try journal(folder)
    }
  }

  /// A finished run makes room; one that is not, or that `vitq synthesize` made, does not.
  @Test(arguments: ["", "image-1", "recipe.yml"])
  func aFinishedRunMakesRoom(_ obstacle: String) throws {
    var other = options
    other.seed = 7
    let expected = try synthesizer(other).run(workers: Workers(count: 1))
    try withFolder { folder in
      _ = try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
      if !obstacle.isEmpty {
        try Data("x".utf8).write(to: URL(filePath: "\(folder)/\(obstacle)"))
        #expect(throws: SynthesisError.self) {
          try SynthesisJournal(
            folder: folder, modelDigest: "abc", options: other, existing: .replacedIfFinished)
        }
        return
      }
      let replacing = try SynthesisJournal(
        folder: folder, modelDigest: "abc", options: other, existing: .replacedIfFinished)
      #expect(
        try synthesizer(other).run(workers: Workers(count: 1), journal: replacing) == expected)
    }
  }

  @Test func theStateOfAnotherPlanIsReported() throws {
    var other = options
    other.seed = 7
    try withFolder { folder in
      try withFolder { otherFolder in
        _ = try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
        let start = try SynthesisJournal(
          folder: otherFolder, modelDigest: "abc", options: other)
        let path = "\(otherFolder)/image-1"
        try FileManager.default.copyItem(atPath: "\(folder)/image-1", toPath: path)
        let error = SynthesisError.stateDiffers(
          path: path,
          expected: SynthesisJournal.planDigest(modelDigest: "abc", options: other),
          found: SynthesisJournal.planDigest(modelDigest: "abc", options: options))
        #expect(throws: error) {
          try synthesizer(other).run(workers: Workers(count: 1), journal: start)
        }
      }
    }
  }

  @Test(
    arguments: ["holiday.png", "plan", "lock"],
    [SynthesisJournal.ExistingRun.resumed, .replaced])
  func anotherFolderIsLeftAlone(
    _ name: String, _ existing: SynthesisJournal.ExistingRun
  ) throws {
    let text = "Monday: swim\nTuesday: run\n"
    try withFolder { folder in
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: false)
      let url = URL(filePath: "\(folder)/\(name)")
      try Data(text.utf8).write(to: url)
      try Data("a".utf8).write(to: URL(filePath: "\(folder)/image-0"))
      #expect(throws: Self.notAJournal(folder)) {
        try SynthesisJournal(
          folder: folder, modelDigest: "abc", options: options, existing: existing)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
          == [name, "image-0"].sorted())
      #expect(try String(contentsOf: url, encoding: .utf8) == text)
    }
  }

  @Test func aFileIsNoFolder() throws {
    try withFolder { folder in
      try Data("photo".utf8).write(to: URL(filePath: folder))
      #expect(throws: SynthesisError.journal(.file(path: folder, .notDirectory))) {
        try SynthesisJournal(
          folder: folder, modelDigest: "abc", options: options, existing: .replaced)
      }
      #expect(try String(contentsOfFile: folder, encoding: .utf8) == "photo")
    }
  }

  /// A failure to remove is reported, and the run that is there stays a journal.
  @Test func whatCannotBeRemovedIsReported() throws {
    try withFolder { folder in
      _ = try journal(folder)
      try FileManager.default.createDirectory(
        atPath: "\(folder)/image-0", withIntermediateDirectories: false)
      let error = #expect(throws: SynthesisError.self) {
        try SynthesisJournal(
          folder: folder, modelDigest: "abc", options: options, existing: .replaced)
      }
      guard case .journal(.file("\(folder)/image-0", .failed("unlink", _, _))) = error else {
        Issue.record("\(String(describing: error))")
        return
      }
      #expect(FileManager.default.fileExists(atPath: "\(folder)/plan"))
    }
  }

  @Test func aDamagedStateIsReported() throws {
    try withFolder { folder in
      _ = try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
      let url = URL(filePath: "\(folder)/image-2")
      let bytes = try Data(contentsOf: url)
      for damage in [bytes.dropLast(), bytes.prefix(40) + [bytes[40] ^ 1] + bytes.dropFirst(41)] {
        try Data(damage).write(to: url)
        let error = #expect(throws: SynthesisError.self) {
          try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
        }
        guard case .damagedState("\(folder)/image-2", _) = error else {
          Issue.record("\(String(describing: error))")
          continue
        }
      }
    }
  }

  @Test func theStateOfAnotherImageIsReported() throws {
    try withFolder { folder in
      _ = try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
      try Data(contentsOf: URL(filePath: "\(folder)/image-1"))
        .write(to: URL(filePath: "\(folder)/image-0"))
      let error = SynthesisError.damagedState(
        path: "\(folder)/image-0", detail: "expected image 0, found 1")
      #expect(throws: error) {
        try synthesizer().run(workers: Workers(count: 1), journal: journal(folder))
      }
    }
  }
}
