// A page that has one thing to say.
import { Box, Typography } from '@mui/material';
import type { ReactNode } from 'react';

export function Message({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Box sx={{ maxWidth: 640 }}>
      <Typography variant="h4" component="h1" gutterBottom>
        {title}
      </Typography>
      <Typography component="div">{children}</Typography>
    </Box>
  );
}
