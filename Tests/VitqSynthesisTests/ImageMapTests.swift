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

  @Test(arguments: [0, 1, -1, 5, -7, 30], [false, true])
  func aMovementIsUndoneByItsInverse(_ pixels: Int, _ isFlipped: Bool) {
    let (arena, views) = Arena.views([2, 5, 7], [2, 5, 7], [2, 5, 7])
    var generator = SplitMix64(seed: 1)
    views[0].copy(from: generator.floats(70))
    let jitter = Jitter(down: pixels, right: pixels + 1, isFlipped: isFlipped)
    jitter.apply(views[0].view, into: views[1])
    jitter.applyInverse(views[1].view, into: views[2])
    #expect(views[2].array == views[0].array)
    let column = (3 + pixels + 35) % 7
    #expect(
      views[1][((1 + pixels + 35) % 5) * 7 + (isFlipped ? 6 - column : column)] == views[0][9])
    for row in 0..<5 {
      for column in 0..<7 {
        let source = jitter.source(row: row, column: column, rows: 5, columns: 7)
        #expect(views[1][row * 7 + column] == views[0][source.row * 7 + source.column])
      }
    }
    withExtendedLifetime(arena) {}
  }

  @Test(arguments: [(0, 0), (7, 0), (8, 1), (-8, -1), (24, 2), (30, 2), (-23, -1)])
  func aPriorMovesByWholePatches(_ pixels: Int, _ patches: Int) {
    let moved = Jitter(down: pixels, right: -pixels, isFlipped: true).patches(side: 16)
    #expect(moved == Jitter(down: patches, right: -patches, isFlipped: true))
  }

  private func movements(
    _ augmentation: Augmentation, _ range: MovementSchedule.Range, isSecondRound: Bool
  ) -> [Jitter] {
    let schedule = MovementSchedule(augmentation, range)
    return (0..<2000).map {
      var random = ImageRandom(seed: 1, image: 0, .jitter, step: $0)
      return schedule.movement(isSecondRound: isSecondRound, &random)
    }
  }

  @Test func jitterGrowsInTheSecondRound() {
    for (isSecondRound, bound) in [(false, 15), (true, 30)] {
      let found = movements(.jitter, .growing, isSecondRound: isSecondRound)
      #expect(found.allSatisfy { $0.down == $0.right && !$0.isFlipped })
      #expect(found.map(\.down).max() == bound && found.map(\.down).min() == -bound)
    }
  }

  @Test func sparseInversionMovesEachAxis() {
    let found = movements(
      .jitterAndFlip, .eighth(height: 224, width: 160), isSecondRound: false)
    #expect(found.map(\.down).max() == 28 && found.map(\.down).min() == -28)
    #expect(found.map(\.right).max() == 20 && found.map(\.right).min() == -20)
    #expect(abs(found.filter(\.isFlipped).count - 1000) < 120)
    #expect(movements(.none, .growing, isSecondRound: true).allSatisfy { $0 == .none })
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
