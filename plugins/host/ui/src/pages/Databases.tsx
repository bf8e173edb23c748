// `/databases`: the widgets of plugins, and the instances that the host was started with.
import {
  Alert,
  Box,
  Button,
  Card,
  CardContent,
  Chip,
  Link as StyledLink,
  MenuItem,
  Stack,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TableRow,
  TextField,
  Typography,
} from '@mui/material';
import { useState } from 'react';
import { Link } from 'react-router-dom';
import { Slot } from '../shell/slot';
import { useExtensions, useShell } from '../shell/state';
import { Actions } from './Actions';
import { useInstances } from './useInstances';

const ALL = 'all';

export function Databases() {
  const { namespaces } = useShell();
  const widgets = useExtensions('globalDashboardWidget');
  const instances = useInstances();
  const [namespace, setNamespace] = useState(ALL);
  const shown = instances.value?.filter((instance) => namespace === ALL || instance.metadata.namespace === namespace);
  return (
    <Stack spacing={3}>
      <Stack direction="row" spacing={2} useFlexGap sx={{ alignItems: 'center', flexWrap: 'wrap' }}>
        <Typography variant="h4" component="h1" sx={{ flexGrow: 1 }}>
          Databases
        </Typography>
        <TextField
          select
          size="small"
          label="Namespace"
          value={namespace}
          onChange={(event) => setNamespace(event.target.value)}
          sx={{ minWidth: 140 }}
        >
          {[ALL, ...namespaces].map((name) => (
            <MenuItem key={name} value={name}>
              {name}
            </MenuItem>
          ))}
        </TextField>
        <Button variant="contained" component={Link} to="/databases/new">
          Create database
        </Button>
      </Stack>
      {widgets.length > 0 && (
        <Box sx={{ display: 'grid', gap: 2, gridTemplateColumns: 'repeat(auto-fill, minmax(280px, 1fr))' }}>
          {widgets.map((widget) => (
            <Card key={widget.key} variant="outlined" data-testid={`plugin-widget-${widget.plugin}`}>
              <CardContent>
                {widget.extension.label && (
                  <Typography variant="subtitle1" component="h2" gutterBottom>
                    {widget.extension.label}
                  </Typography>
                )}
                <Slot placed={widget} props={{ namespaces }} />
              </CardContent>
            </Card>
          ))}
        </Box>
      )}
      {instances.fault && <Alert severity="error">{instances.fault}</Alert>}
      {shown && shown.length === 0 && (
        <Alert severity="info">There are no instances here. A host has those of the file that it is started with: --instances FILE.</Alert>
      )}
      {shown && shown.length > 0 && (
        <TableContainer component={Card} variant="outlined">
          <Table aria-label="Databases">
            <TableHead>
              <TableRow>
                <TableCell>Name</TableCell>
                <TableCell>Namespace</TableCell>
                <TableCell>Provider</TableCell>
                <TableCell>Status</TableCell>
                <TableCell align="right">Actions</TableCell>
              </TableRow>
            </TableHead>
            <TableBody>
              {shown.map((instance) => {
                const { name, namespace: place } = instance.metadata;
                return (
                  <TableRow key={`${place}/${name}`}>
                    <TableCell component="th" scope="row">
                      <StyledLink component={Link} to={`/databases/${place}/${name}`}>
                        {name}
                      </StyledLink>
                    </TableCell>
                    <TableCell>{place}</TableCell>
                    <TableCell>{instance.spec.providerRef?.name || 'none'}</TableCell>
                    <TableCell>
                      <Chip size="small" variant="outlined" label={instance.status?.phase ?? 'unknown'} />
                    </TableCell>
                    <TableCell align="right">
                      <Actions instance={instance} />
                    </TableCell>
                  </TableRow>
                );
              })}
            </TableBody>
          </Table>
        </TableContainer>
      )}
    </Stack>
  );
}
