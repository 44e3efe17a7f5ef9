import Testing
import VitqAutodiff
import VitqSynthesis
import VitqTensor
import VitqTestSupport

/// The linear maps of images, their transposes, and the schedule that drives them.
struct ImageMapTests {
  /// PyTorch's `interpolate([0, 1], size=4, mode="bilinear", align_corners=False)`.
  @Test func resizesAsPyTorchDoes() {
    let (arena, views) = Arena.views([1, 1, 2], [1, 1, 4])
    views[0].copy(from: [0, 1])
    BilinearResize(Window(rows: 0..<1, columns: 0..<2), height: 1, width: 4)
      .apply(views[0].view, into: views[1])
    #expect(views[1].array == [0, 0.25, 0.75, 1])
    withExtendedLifetime(arena) {}
  }

  @Test(arguments: [
    Window(rows: 0..<4, columns: 0..<3), Window(rows: 4..<9, columns: 3..<7),
    Window(rows: 0..<9, columns: 0..<7), Window(rows: 8..<9, columns: 6..<7),
  ])
  func theTransposeOfAResizeIsItsAdjoint(_ window: Window) {
    let (arena, views) = Arena.views([2, 9, 7], [2, 8, 6], [2, 8, 6], [2, 9, 7])
    let (x, ax, y, aty) = (views[0], views[1], views[2], views[3])
    var generator = SplitMix64(seed: 1)
    x.copy(from: generator.floats(126))
    y.copy(from: generator.floats(96))
    let resize = BilinearResize(window, height: 8, width: 6)
    resize.apply(x.view, into: ax)
    resize.addTranspose(y.view, to: aty)
    #expect(Tolerance.rounding.accepts([dot(ax, y)], [dot(x, aty)]))
    for row in 0..<9 {
      for column in 0..<7 where !(window.rows ~= row && window.columns ~= column) {
        #expect(aty[row * 7 + column] == 0)
      }
    }
    withExtendedLifetime(arena) {}
  }

  @Test(arguments: [0, 1, -1, 5, -7, 30])
  func aShiftIsUndoneByItsInverse(_ pixels: Int) {
    let (arena, views) = Arena.views([2, 5, 7], [2, 5, 7], [2, 5, 7])
    var generator = SplitMix64(seed: 1)
    views[0].copy(from: generator.floats(70))
    let jitter = Jitter(pixels: pixels)
    jitter.apply(views[0].view, into: views[1])
    jitter.applyInverse(views[1].view, into: views[2])
    #expect(views[2].array == views[0].array)
    #expect(views[1][((1 + pixels + 35) % 5) * 7 + (2 + pixels + 35) % 7] == views[0][9])
    withExtendedLifetime(arena) {}
  }

  @Test(arguments: [(0, 0), (7, 0), (8, 1), (-8, -1), (24, 2), (30, 2), (-23, -1)])
  func aPriorMovesByWholePatches(_ pixels: Int, _ patches: Int) {
    #expect(Jitter(pixels: pixels).patches(side: 16) == patches)
  }

  @Test func jitterGrowsInTheSecondRound() {
    func largest(_ isSecondRound: Bool) -> Int {
      (0..<2000).map {
        var random = ImageRandom(seed: 1, image: 0, .jitter, step: $0)
        return abs(Jitter(isSecondRound: isSecondRound, &random).pixels)
      }.max() ?? 0
    }
    #expect(largest(false) == 15 && largest(true) == 30)
  }

  /// PSAQ-ViT's two rounds of 100 + 400 steps.
  @Test func thePapersScheduleHasTwoRounds() {
    let schedule = LearningRateSchedule(base: 0.2, stepCount: 1000)
    let found = [0, 99, 100, 300, 500, 599, 600, 800].map { Float(schedule.rate($0)) }
    #expect(Tolerance.rounding.accepts(found, [0.002, 0.2, 0.2, 0.1, 0.002, 0.2, 0.2, 0.1]))
    #expect(schedule.rate(999) < 1e-5)
    #expect(!schedule.isSecondRound(499) && schedule.isSecondRound(500))
  }

  @Test(arguments: 1...25)
  func aScheduleOfAnyLengthIsSound(_ stepCount: Int) {
    let schedule = LearningRateSchedule(base: 0.2, stepCount: stepCount)
    let rates = (0..<stepCount).map(schedule.rate)
    #expect(rates.allSatisfy { $0 > 0 && $0 <= 0.2 })
    #expect(rates.max() == 0.2)
  }

  private func dot(_ a: MutableTensorView, _ b: MutableTensorView) -> Float {
    Float(zip(a.array, b.array).reduce(0.0) { $0 + Double($1.0) * Double($1.1) })
  }
}
