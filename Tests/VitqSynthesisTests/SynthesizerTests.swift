import Synchronization
import Testing
import VitqAutodiff
import VitqGraph
import VitqImage
import VitqSynthesis
import VitqTensor

struct SynthesizerTests {
  private func options(
    _ method: SynthesisMethod = .sardfq, steps: Int = 12, images: Int = 3
  ) -> SynthesisOptions {
    var options = SynthesisOptions(method: method)
    options.imageCount = images
    options.stepCount = steps
    options.checkpointInterval = 5
    options.attentionPriors.weight = 20
    return options
  }

  private func synthesizer(
    _ options: SynthesisOptions, weightScale: Float = 0.5
  ) throws -> Synthesizer {
    try Synthesizer(
      TinyTransformer(weightScale: weightScale).graph, preprocessing: TinyTransformer.preprocessing,
      options: options)
  }

  @Test(arguments: SynthesisMethod.allCases.filter { $0 != .noise })
  func theNumberOfWorkersDoesNotShow(_ method: SynthesisMethod) throws {
    let synthesizer = try synthesizer(options(method))
    let expected = try synthesizer.run(workers: Workers(count: 1))
    for count in [2, 3] {
      #expect(try synthesizer.run(workers: Workers(count: count)) == expected)
    }
    #expect(expected.count == 3 && expected[0] != expected[1])
  }

  @Test(arguments: [SynthesisMethod.sardfq, .psaq])
  func norDoesItInBF16(_ method: SynthesisMethod) throws {
    var options = options(method)
    let single = try synthesizer(options).run(workers: Workers(count: 1))
    options.products = .bf16
    let expected = try synthesizer(options).run(workers: Workers(count: 1))
    #expect(try synthesizer(options).run(workers: Workers(count: 3)) == expected)
    #expect(expected != single)
  }

  @Test func anImageDoesNotDependOnTheOthers() throws {
    let three = try synthesizer(options()).run(workers: Workers(count: 1))
    let one = try synthesizer(options(images: 1)).run(workers: Workers(count: 1))
    #expect(one[0] == three[0])
  }

  /// One for the image and one for each part, which has a class of its own.
  @Test(arguments: [true, false])
  func viewsAreTheImageAndItsParts(_ hasParts: Bool) throws {
    var options = options(steps: 1, images: 12)
    options.semanticReinforcement.isOn = hasParts
    let synthesizer = try synthesizer(options)
    let views = (0..<12).map { synthesizer.viewCount(image: $0) }
    let images = try synthesizer.run(workers: Workers(count: 2))
    #expect(views == images.map { hasParts ? 1 + $0.classes.count : 1 })
    #expect(Set(views).count > 1 || !hasParts)
  }

  @Test func pixelsStayInTheValidRange() throws {
    let preprocessing = TinyTransformer.preprocessing
    for image in try synthesizer(options()).run(workers: Workers(count: 1)) {
      for (i, value) in image.pixels.elements.enumerated() {
        let channel = i / 64
        let pixel =
          value * preprocessing.standardDeviation[channel] + preprocessing.mean[channel]
        #expect(pixel > -1e-6 && pixel < 1 + 1e-6)
      }
    }
  }

  @Test func theObjectiveFalls() throws {
    var options = options(steps: 200, images: 1)
    options.augmentation = .none
    options.totalVariation = .off
    let losses = Mutex<[Double]>([])
    var short = options
    short.stepCount = 1
    for options in [short, options] {
      _ = try synthesizer(options).run(workers: Workers(count: 1)) { progress in
        guard progress.step == options.stepCount else { return }
        losses.withLock { $0.append(progress.losses.total) }
      }
    }
    let totals = losses.withLock { $0 }
    #expect(totals.count == 2 && totals[1] < 0.8 * totals[0])
  }

  @Test(arguments: SynthesisMethod.allCases.filter { $0 != .noise && $0 != .psaqV2 })
  func aLossThatIsNoNumberNamesImageStepTermAndNode(_ method: SynthesisMethod) throws {
    let synthesizer = try synthesizer(options(method), weightScale: .nan)
    #expect(throws: SynthesisError.notFinite(image: 0, step: 1, .labels, node: "embed")) {
      try synthesizer.run(workers: Workers(count: 1))
    }
  }

  @Test func aStudentThatIsNoNumberIsRefused() throws {
    let synthesizer = try synthesizer(options(.psaqV2), weightScale: .nan)
    let error = #expect(throws: SynthesisError.self) {
      try synthesizer.run(workers: Workers(count: 1))
    }
    guard case .notFinite(image: 0, _, _, node: "embed") = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }

  @Test(arguments: [
    Landmark.image, .logits, .patchTokens, .attention(block: 0),
  ])
  func aModelWithoutALandmarkIsRejected(_ landmark: Landmark) throws {
    let graph = try TinyTransformer().without(landmark)
    #expect(throws: SynthesisError.missingLandmark(landmark)) {
      try Synthesizer(
        graph, preprocessing: TinyTransformer.preprocessing, options: SynthesisOptions())
    }
  }

  @Test func optionsOutOfRangeAreRejected() throws {
    let changes: [(String, (inout SynthesisOptions) -> Void)] = [
      ("method", { $0.method = .noise }),
      ("images", { $0.imageCount = 0 }), ("steps", { $0.stepCount = -1 }),
      ("checkpoint interval", { $0.checkpointInterval = 0 }),
      ("learning rate", { $0.learningRate = .nan }),
      ("alpha", { $0.attentionPriors.weight = -1 }),
      ("attention prior components", { $0.attentionPriors.maximumComponents = 0 }),
      ("attention prior first block", { $0.attentionPriors.firstBlockShare = 1.5 }),
      ("parts", { $0.semanticReinforcement.maximumParts = 0 }),
      ("lowest soft label score", { $0.softLabels.lowestScore = -1 }),
      ("highest soft label score", { $0.softLabels.highestScore = 1000 }),
      ("highest soft label score", { $0.softLabels.highestScore = 4.5 }),
      (
        "student weight bits",
        {
          $0.method = .psaqV2
          $0.student.weightBits = 1
        }
      ),
    ]
    for (name, change) in changes {
      var options = SynthesisOptions()
      change(&options)
      let error = #expect(throws: SynthesisError.self) { try synthesizer(options) }
      guard case .invalidOption(name, _, _) = error else {
        Issue.record("\(name): \(String(describing: error))")
        continue
      }
    }
  }

  /// Only images that are finished do without the real images that are their prior.
  @Test func anImageOfRealPriorsNeedsThem() throws {
    var options = options()
    options.attentionPriors.kind = .real(folder: "photos")
    #expect(
      throws: SynthesisError.invalidOption(
        "attention priors", found: "real photos", requirement: "a folder with images")
    ) { try synthesizer(options).run(workers: Workers(count: 1)) }
  }

  @Test(arguments: [
    (192, 0.485 as Float, 1e5 as Float), (384, 0.485, 1e5), (768, 0.485, 1e4), (768, 0.5, 100),
    (384, 0.5, 1),
  ])
  func theWeightOfPriorsIsThatOfThePaper(_ width: Int, _ mean: Float, _ weight: Float) {
    let mean = Array(repeating: mean, count: 3)
    #expect(AttentionPriors.defaultWeight(width: width, mean: mean, isWindowed: false) == weight)
  }

  @Test(arguments: [(96, 10), (128, 100), (192, 100)] as [(Int, Float)])
  func theDefaultWeightOfWindowsIsThatOfSwin(_ width: Int, _ weight: Float) {
    let mean: [Float] = [0.485, 0.456, 0.406]
    #expect(AttentionPriors.defaultWeight(width: width, mean: mean, isWindowed: true) == weight)
  }

  @Test func findsTheWindowsOfEveryBlock() throws {
    let model = try SynthesisModel(TinyTransformer.swin())
    #expect(model.isWindowed && !model.hasOtherTokens)
    #expect(model.tokenGroups.map(\.count) == [4, 4, 1])
    #expect(model.tokenGroups.allSatisfy { $0.rows == 2 && $0.columns == 2 && $0.areWindows })
    #expect(model.tokenGroups.allSatisfy { $0.heads == 2 && $0.headWidth == 4 })
  }

  @Test func refusesToReflectThePriorsOfWindows() throws {
    var options = SynthesisOptions()
    options.augmentation = .jitterAndFlip
    #expect(throws: SynthesisError.self) {
      try Synthesizer(
        TinyTransformer.swin(), preprocessing: TinyTransformer.preprocessing, options: options)
    }
  }
}
