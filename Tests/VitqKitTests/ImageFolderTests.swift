import Testing
import VitqKit

/// Which images of a folder a seed draws.
@Suite struct ImageFolderTests {
  private let paths = (0..<20).map { "f/\($0 < 10 ? "0" : "")\($0).png" }

  @Test func aDrawIsASortedChoiceWithoutRepetition() {
    for seed in 0..<50 as Range<UInt64> {
      for count in [1, 7, 19] {
        let drawn = ImageFolder.draw(count, of: paths, seed: seed)
        #expect(drawn.count == count && Set(drawn).count == count)
        #expect(drawn == drawn.sorted() && Set(drawn).isSubset(of: paths))
        #expect(drawn == ImageFolder.draw(count, of: paths, seed: seed))
      }
    }
  }

  @Test(arguments: [20, 21, 4096])
  func aFolderWithNoMoreGivesAll(_ count: Int) {
    #expect(ImageFolder.draw(count, of: paths, seed: 3) == paths)
  }

  /// Each image is as likely as the others: 2000 draws of 5 from 20, σ = 19.
  @Test func everyImageIsAsLikely() {
    var counts: [String: Int] = [:]
    for seed in 0..<2000 as Range<UInt64> {
      for path in ImageFolder.draw(5, of: paths, seed: seed) { counts[path, default: 0] += 1 }
    }
    #expect(counts.count == 20 && counts.values.allSatisfy { abs($0 - 500) < 100 }, "\(counts)")
  }

  /// What a seed means does not change.
  @Test func aSeedMeansTheSameImages() {
    #expect(ImageFolder.draw(4, of: paths, seed: 0) == [paths[0], paths[1], paths[12], paths[13]])
    #expect(ImageFolder.draw(4, of: paths, seed: 1) == [paths[9], paths[12], paths[17], paths[18]])
  }
}
