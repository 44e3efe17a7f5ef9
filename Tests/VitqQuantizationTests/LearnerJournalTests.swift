import Foundation
import Synchronization
import Testing
import VitqAutodiff
import VitqFormat
import VitqGraph
import VitqQuantization
import VitqTensor
import VitqTestModels
import VitqTestSupport

/// A learner that is interrupted ends in the same result, and takes nothing that is not its own.
struct LearnerJournalTests {
  private static let model = RandomVisionTransformer("class token")
  private static let images = model.images(3, seed: 5)

  // MARK: Going on

  /// Cancelled again and again, a bit later each time, with other numbers of threads.
  @Test(arguments: Learner.allCases)
  func anInterruptedRunEndsInTheSameResult(_ learner: Learner) throws {
    let expected = try quantize(recipe(learner))
    let folder = try TemporaryFolder()
    var restored: [Int] = []
    for number in 1... {
      let parts = try Self.parts(in: folder)
      let run = try Run(stoppingAfter: 2, in: folder)
      let journal = try journal(folder, learner)
      do {
        let result = try quantize(
          recipe(learner), run, workers: 1 + number % 3, journal: journal)
        #expect(isEqual(result, expected))
        journal.remove()
        break
      } catch QuantizationError.cancelled {
        #expect(try Self.parts(in: folder).isSuperset(of: parts))
        try #require(try Self.parts(in: folder).count > parts.count)
        restored.append(run.progress?.restored ?? 0)
      }
    }
    #expect(restored.count > 2 && restored[0] == 0)
    #expect(restored == restored.sorted() && Set(restored).count == restored.count)
    #expect(!FileManager.default.fileExists(atPath: folder.file("j")))
  }

  @Test func everyRotationGoesOn() throws {
    var recipe = recipe(.best)
    recipe.rotationCandidates = 2
    let expected = try quantize(recipe)
    let folder = try TemporaryFolder()
    #expect(throws: QuantizationError.cancelled) {
      try quantize(recipe, Run(stoppingAfter: 17, in: folder), journal: journal(folder, .best))
    }
    #expect(try Self.parts(in: folder).contains { $0.hasPrefix("layer-1-") })
    let run = Run()
    let resumed = try quantize(recipe, run, journal: journal(folder, .best))
    #expect(isEqual(resumed, expected))
    let progress = try #require(run.progress)
    #expect(progress.completed == progress.total && progress.restored > progress.total / 2)
  }

  /// Before any part is learned the model is evaluated and calibrated, which takes long.
  @Test func whatIsThereIsToldAtOnce() throws {
    let folder = try TemporaryFolder()
    #expect(throws: QuantizationError.cancelled) {
      try quantize(
        recipe(.sardfq), Run(stoppingAfter: 3, in: folder), journal: journal(folder, .sardfq))
    }
    let first = Mutex<QuantizationProgress?>(nil)
    #expect(throws: QuantizationError.cancelled) {
      try Quantizer.quantize(
        Self.model.graph(), mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25],
        images: Self.images, recipe: recipe(.sardfq), workers: Workers(count: 1),
        isCancelled: { first.withLock { $0 != nil } }, journal: journal(folder, .sardfq),
        progress: { progress in first.withLock { $0 = $0 ?? progress } })
    }
    let progress = try #require(first.withLock { $0 })
    #expect(progress.restored == 4 * (try Self.parts(in: folder).count))
    #expect(progress.restored > 4 && progress.completed == progress.restored)
  }

  @Test func aFinishedRunIsReadBack() throws {
    for learner in [Learner.sardfq, .gptq] {
      let folder = try TemporaryFolder()
      let expected = try quantize(recipe(learner), journal: journal(folder, learner))
      let names = try folder.contents()
      let run = Run()
      let again = try quantize(recipe(learner), run, journal: journal(folder, learner))
      #expect(isEqual(again, expected))
      #expect(try folder.contents() == names)
      let progress = try #require(run.progress)
      #expect(progress.completed == progress.total && progress.restored > progress.total - 10)
    }
  }

  // MARK: What is not its own

  @Test(arguments: [Learner.sardfq, .gptq], Damage.allCases)
  func aDamagedStateIsNamed(_ learner: Learner, _ damage: Damage) throws {
    let folder = try TemporaryFolder()
    let expected = try quantize(recipe(learner), journal: journal(folder, learner))
    let names = try Self.parts(in: folder).sorted()
    let path = folder.file("j/\(names[1])")
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let other = try Data(contentsOf: URL(fileURLWithPath: folder.file("j/\(names[2])")))
    try damage.bytes(bytes, other: other).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: QuantizationError.self) {
      try quantize(recipe(learner), journal: journal(folder, learner))
    }
    let text = error.map { "\($0)" } ?? ""
    #expect(text.hasPrefix("\(path): damaged state of a learner: \(damage.message)"), "\(text)")
    try FileManager.default.removeItem(atPath: path)
    let mended = try quantize(recipe(learner), journal: journal(folder, learner))
    #expect(isEqual(mended, expected))
  }

  enum Damage: CaseIterable {
    case flippedBit, cutShort, empty, otherPart, trailingByte

    func bytes(_ bytes: Data, other: Data) -> Data {
      switch self {
      case .flippedBit:
        var flipped = bytes
        flipped[bytes.count / 2] ^= 4
        return flipped
      case .cutShort: return bytes.dropLast(bytes.count / 3)
      case .empty: return Data()
      case .otherPart: return other
      case .trailingByte: return bytes + [0]
      }
    }

    var message: String {
      switch self {
      case .flippedBit, .cutShort, .trailingByte: "the digest does not match the bytes"
      case .empty: "expected at least "
      case .otherPart: "expected the part '"
      }
    }
  }

  /// Nothing of a run of other images, recipe or model is used, and a folder that has it is cleared.
  @Test(arguments: ["model", "recipe", "images", "anew"])
  func whatAnotherRunLearnedIsReplaced(_ change: String) throws {
    let folder = try TemporaryFolder()
    let first = try quantize(recipe(.gptq), journal: journal(folder, .gptq))
    for name in ["layer-0-", "layer-0-07", "layer-0-7.bak", "segment-0-1", "notes"] {
      try folder.write([1], to: "j/\(name)")
    }
    try folder.write([1], to: "j/.vitq-7-0.tmp")
    var images = Self.images
    if change == "images" {
      images[2] = Tensor(images[2].shape, images[2].elements.map { $0.nextUp })
    }
    let plan = LearnerJournal.Plan(
      modelDigest: change == "model" ? "def" : "abc", recipe: change == "recipe" ? "x" : "gptq",
      images: images)
    let journal = try LearnerJournal(
      folder: folder.file("j"), plan: plan, isResumed: change != "anew")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("j")).sorted()
        == ["layer-0-", "layer-0-07", "layer-0-7.bak", "lock", "notes", "plan", "segment-0-1"])
    let run = Run()
    let second = try quantize(recipe(.gptq), run, journal: journal)
    #expect(run.progress?.restored == 0)
    #expect(isEqual(first, second))
    journal.remove()
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.file("j")).sorted()
        == ["layer-0-", "layer-0-07", "layer-0-7.bak", "notes", "segment-0-1"])
  }

  /// A state of another plan that was put into the folder is not taken for one of this plan.
  @Test func aStateOfAnotherPlanIsReported() throws {
    let folder = try TemporaryFolder()
    _ = try quantize(recipe(.gptq), journal: journal(folder, .gptq))
    let name = try #require(try Self.parts(in: folder).min())
    let state = try Data(contentsOf: URL(fileURLWithPath: folder.file("j/\(name)")))
    let plan = LearnerJournal.Plan(modelDigest: "def", recipe: "gptq", images: Self.images)
    let journal = try LearnerJournal(folder: folder.file("j"), plan: plan)
    try state.write(to: URL(fileURLWithPath: folder.file("j/\(name)")))
    let error = #expect(throws: QuantizationError.self) {
      try quantize(recipe(.gptq), journal: journal)
    }
    #expect(
      error?.description.contains("\(name): damaged state of a learner: expected the plan") == true)
  }

  @Test func aFolderOfOthersIsRefusedAndStays() throws {
    let folder = try TemporaryFolder()
    for (name, file) in [("photos", "a.png"), ("images", "plan")] {
      try FileManager.default.createDirectory(
        atPath: folder.file(name), withIntermediateDirectories: true)
      try folder.write(Array("journal: 3\nmodel: abc\n".utf8), to: "\(name)/\(file)")
      let error = Self.notAJournal(folder.file(name))
      #expect(throws: error) { try LearnerJournal.check(folder.file(name)) }
      #expect(throws: error) {
        try LearnerJournal(folder: folder.file(name), plan: plan(.gptq), isResumed: false)
      }
      #expect(
        try FileManager.default.contentsOfDirectory(atPath: folder.file(name)) == [file])
    }
    try folder.write([1], to: "file")
    let file = folder.file("file")
    #expect(throws: QuantizationError.journal(.file(path: file, .notDirectory))) {
      try LearnerJournal.check(file)
    }
    try LearnerJournal.check(folder.file("new"))
  }

  private static func notAJournal(_ path: String) -> QuantizationError {
    .journal(.notAJournal(path: path, kind: "learner's journal"))
  }

  @Test func oneRunHasTheFolder() throws {
    let folder = try TemporaryFolder()
    let first = try journal(folder, .gptq)
    #expect(throws: QuantizationError.journal(.inUse(path: folder.file("j")))) {
      try journal(folder, .gptq)
    }
    first.remove()
    withExtendedLifetime(first) {}
    _ = try journal(folder, .gptq)
  }

  // MARK: Runs

  /// Follows a run, and has enough once it kept some parts.
  private final class Run: Sendable {
    private let last = Mutex<QuantizationProgress?>(nil)
    private let limit: Int
    private let folder: TemporaryFolder?
    private let before: Int
    private let hasEnough = Atomic(false)

    init() { (limit, folder, before) = (.max, nil, 0) }

    init(stoppingAfter limit: Int, in folder: TemporaryFolder) throws {
      self.limit = limit
      self.folder = folder
      before = try LearnerJournalTests.parts(in: folder).count
    }

    var progress: QuantizationProgress? { last.withLock { $0 } }

    var isStopped: Bool { hasEnough.load(ordering: .relaxed) }

    func advance(_ progress: QuantizationProgress) {
      if let folder, let parts = try? LearnerJournalTests.parts(in: folder) {
        hasEnough.store(parts.count >= before + limit, ordering: .relaxed)
      }
      last.withLock { last in
        if let last {
          #expect(last.completed <= progress.completed && last.restored <= progress.restored)
        }
        #expect(progress.restored <= progress.completed && progress.completed <= progress.total)
        last = progress
      }
    }
  }

  private func recipe(_ learner: Learner) -> QuantizationRecipe {
    var recipe = QuantizationRecipe(learner: learner, weightBits: 4, activationBits: 4)
    recipe.iterations = 4
    return recipe
  }

  private func plan(_ learner: Learner) -> LearnerJournal.Plan {
    LearnerJournal.Plan(modelDigest: "abc", recipe: learner.rawValue, images: Self.images)
  }

  private func journal(
    _ folder: TemporaryFolder, _ learner: Learner
  ) throws -> LearnerJournal {
    try LearnerJournal(folder: folder.file("j"), plan: plan(learner))
  }

  private static func parts(in folder: TemporaryFolder) throws -> Set<String> {
    guard FileManager.default.fileExists(atPath: folder.file("j")) else { return [] }
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.file("j"))
    return Set(names.filter { $0.hasPrefix("layer-") || $0.hasPrefix("segment-") })
  }

  @discardableResult
  private func quantize(
    _ recipe: QuantizationRecipe, _ run: Run = Run(), workers: Int = 2,
    journal: LearnerJournal? = nil
  ) throws -> QuantizedGraph {
    try Quantizer.quantize(
      Self.model.graph(), mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25],
      images: Self.images, recipe: recipe, workers: Workers(count: workers),
      isCancelled: { run.isStopped }, journal: journal, progress: { run.advance($0) })
  }

  private func isEqual(_ a: QuantizedGraph, _ b: QuantizedGraph) -> Bool {
    a.entries == b.entries && a.graph.description == b.graph.description
      && zip(a.graph.nodes, b.graph.nodes).allSatisfy { $0.operation.isEqual(to: $1.operation) }
  }
}
