//! Distances between places, for the search's `NearNumber` and `NearLatLong`.
#![expect(clippy::float_arithmetic, reason = "degrees and miles, never money")]

use crate::inventory::Place;

const EARTH_RADIUS_MILES: f64 = 3958.8;

/// A point on the earth, in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Position {
    latitude: f64,
    longitude: f64,
}

impl Position {
    /// Reads `37.7749,-122.4194`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (latitude, longitude) = text.split_once(',')?;
        let latitude: f64 =
            latitude.trim().parse().ok().filter(|degrees| (-90.0..=90.0).contains(degrees))?;
        let longitude: f64 =
            longitude.trim().parse().ok().filter(|degrees| (-180.0..=180.0).contains(degrees))?;
        Some(Self { latitude, longitude })
    }

    /// Where a place is.
    pub(crate) fn of(place: &Place) -> Option<Self> {
        Some(Self { latitude: place.latitude.parse().ok()?, longitude: place.longitude.parse().ok()? })
    }

    /// Whether the other point is at most so many miles away, on a great circle.
    pub(crate) fn is_within(self, miles: u32, other: Self) -> bool {
        let (here, there) = (self.latitude.to_radians(), other.latitude.to_radians());
        let north = ((there - here) / 2.0).sin().powi(2);
        let east = ((other.longitude - self.longitude).to_radians() / 2.0).sin().powi(2);
        let half_angle = (north + here.cos() * there.cos() * east).sqrt().min(1.0).asin();
        2.0 * EARTH_RADIUS_MILES * half_angle <= f64::from(miles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn oakland_is_near_san_francisco_and_los_angeles_is_not() {
        let san_francisco = Position::parse("37.7749, -122.4194").unwrap();
        let oakland = Position::parse("37.8044,-122.2711").unwrap();
        let los_angeles = Position::parse("34.0522,-118.2437").unwrap();
        assert!(san_francisco.is_within(10, oakland));
        assert!(!san_francisco.is_within(300, los_angeles));
        assert!(san_francisco.is_within(400, los_angeles));
        assert_eq!(Position::parse("91,0"), None);
        assert_eq!(Position::parse("north"), None);
    }
}
