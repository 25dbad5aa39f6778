//! The trees of a booster in one piece of memory, laid out for being asked often.
//!
//! A way down a tree is a chain of loads that wait for each other, so several trees are gone down at a time,
//! step by step, until the deepest of them has ended; a leaf leads to itself.

use super::tree::Tree;

/// Trees that are gone down together.
const LANES: usize = 8;

/// All nodes of some trees, in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Forest {
    nodes: Vec<Node>,
    groups: Vec<Group>,
}

/// A node, or a leaf, whose value is `at`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Node {
    at: f32,
    split: u16,
    /// Where to go from at most `at`, and from above it.
    next: [u32; 2],
}

/// First nodes of trees, and the longest way down one of them. A last group is filled up with its last tree.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Group {
    roots: [u32; LANES],
    depth: usize,
    trees: usize,
}

impl Forest {
    /// Trees that have no fault.
    pub fn of(trees: &[Tree]) -> Self {
        let mut forest = Self::default();
        for group in trees.chunks(LANES) {
            let placed: Vec<(u32, usize)> = group.iter().map(|tree| forest.plant(tree)).collect();
            let roots = std::array::from_fn(|lane| placed[lane.min(placed.len() - 1)].0);
            let depth = placed.iter().map(|(_, depth)| *depth).max().unwrap_or(0);
            forest.groups.push(Group { roots, depth, trees: group.len() });
        }
        forest
    }

    /// Adds the nodes of a tree; where it begins and how deep it is.
    fn plant(&mut self, tree: &Tree) -> (u32, usize) {
        let (first, nodes) = (self.nodes.len() as u32, tree.split.len());
        let place = |child: i16| match child {
            0.. => first + child as u32,
            _ => first + nodes as u32 + (-1 - child) as u32,
        };
        // Parents stand before their children.
        let (mut steps, mut depth) = (vec![0_usize; nodes], 0);
        for node in 0..nodes {
            depth = depth.max(steps[node] + 1);
            for child in [tree.left[node], tree.right[node]] {
                if let Ok(child) = usize::try_from(child) {
                    steps[child] = steps[node] + 1;
                }
            }
        }
        for node in 0..nodes {
            let next = [place(tree.left[node]), place(tree.right[node])];
            self.nodes.push(Node { at: tree.at[node], split: tree.split[node], next });
        }
        for (leaf, value) in tree.leaves.iter().enumerate() {
            let own = first + (nodes + leaf) as u32;
            self.nodes.push(Node { at: *value, split: 0, next: [own; 2] });
        }
        (first, depth)
    }

    /// The sum of what the trees say of a row, in their order.
    pub fn sum(&self, row: &[f32]) -> f64 {
        let mut sum = 0.0;
        for group in &self.groups {
            let mut at = group.roots;
            for _ in 0..group.depth {
                for place in &mut at {
                    let node = &self.nodes[*place as usize];
                    // A value that is not a number goes to the right.
                    let is_below = row[usize::from(node.split)] <= node.at;
                    *place = node.next[usize::from(!is_below)];
                }
            }
            for place in &at[..group.trees] {
                sum += f64::from(self.nodes[*place as usize].at);
            }
        }
        sum
    }
}
