import Testing
import VitqArchitectures
import VitqImage
import VitqOps

struct ArchitectureCatalogTests {
  @Test func namesAreUnique() {
    #expect(Set(ArchitectureCatalog.all.map(\.name)).count == ArchitectureCatalog.all.count)
  }

  @Test(arguments: ArchitectureCatalog.all)
  func sizesFitTogether(_ entry: ArchitectureEntry) {
    #expect(entry.size.width.isMultiple(of: entry.traits.headCount))
    #expect(entry.preprocessing.inputHeight.isMultiple(of: entry.patchSide))
    #expect(entry.traits.headCount == entry.size.headCount)
  }

  @Test func findsAnEntryByNameWithATag() throws {
    let entry = try #require(
      ArchitectureCatalog.entry(named: "deit_tiny_patch16_224.fb_in1k"))
    #expect(
      entry.traits == ModelTraits(headCount: 3, epsilon: 1e-6, activation: .erf, pooling: .token))
    #expect(entry.preprocessing.mean == [0.485, 0.456, 0.406])
    #expect(entry.preprocessing.cropFraction == 0.9)
  }

  @Test func knowsTheModelWhoseHeadsAreNot64Wide() {
    #expect(
      ArchitectureCatalog.entry(named: "vit_base_patch16_gap_224")?.traits.headCount == 16)
  }

  @Test(arguments: ["vit_base_patch16_rpn_224", "vit_base_patch16_clip_quickgelu_224", "resnet50"])
  func leavesOutWhatANameCannotDescribe(_ name: String) {
    #expect(ArchitectureCatalog.entry(named: name) == nil)
  }
}
