package import ArgumentParser

/// `vitq models`: the architectures that a name is enough for.
package struct ModelsOptions: ParsableArguments {
  @Flag(help: "Print the list as JSON.")
  package var json = false

  package init() {}
}
